"""A network in plain torch from the JSON of `expand` alone, sharing no code with any backend."""

from tests.campaigns.rebuild.network import Network
from tests.campaigns.rebuild.table import LAYERS, Layer, Step

__all__ = ["LAYERS", "Layer", "Network", "Step"]
