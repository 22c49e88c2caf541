from .application import close as close
from .application import create_app as create_app
from .host_check import LOOPBACK_NAMES as LOOPBACK_NAMES
from .server import open_socket as open_socket
from .server import run_server as run_server
from .server import server_address as server_address
