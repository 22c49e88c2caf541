from .model import KINDS as KINDS
from .model import Hit as Hit
from .model import SearchEntry as SearchEntry
from .model import SearchQuery as SearchQuery
from .model import SearchResult as SearchResult
from .service import SearchKnowledge as SearchKnowledge
from .service import SearchService as SearchService
from .service import read_search_knowledge as read_search_knowledge
