"""Valid specs from a seed, as text: every construct of the language, every operator."""

from tests.campaigns.generator.model import INTEGERS_BELOW, Generated
from tests.campaigns.generator.nets import SINGLE, generate

__all__ = ["INTEGERS_BELOW", "SINGLE", "Generated", "generate"]
