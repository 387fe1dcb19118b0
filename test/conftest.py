import pytest

from clew import Clew


@pytest.fixture(scope="module")
def all_in_one(tmp_path_factory):
    """A clew all-in-one that the tests of a module share."""
    with Clew("all-in-one", tmp_path_factory.mktemp("clew")) as clew:
        yield clew
