from .build import build_documentation as build_documentation
