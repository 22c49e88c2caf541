from .assessment import EVERY_READING as EVERY_READING
from .assessment import resolve_bearer as resolve_bearer
from .assessment import select_assessments as select_assessments
from .register_pages import KEY as KEY
