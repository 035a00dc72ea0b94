"""The page of errors is what its table says."""

from tests.gallery import PAGE, gallery
from tests.test_reader_refuses import MESSAGES


def test_the_page_of_errors_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == gallery(), "run python -m tests.gallery"


def test_every_slip_is_on_the_page():
    page = gallery()
    assert len(MESSAGES) >= 40
    assert all(f">>> {text}" in page and message in page for _, text, _, message in MESSAGES)
