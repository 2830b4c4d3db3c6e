"""The encodings of documents, as they are claimed and as they are."""

from __future__ import annotations

import codecs
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedhub.ingest import charset

SAID = '<?xml version="1.0" encoding="{}"?><rss><title>{}</title></rss>'
GERMAN, RUSSIAN, JAPANESE, CHINESE = "Grüße aus Köln – „5 €“", "Привет из гавани", "港のニュースです", "港口新闻简报"


@pytest.mark.parametrize(
    ("encoded", "http", "declared", "text"),
    [
        # as they say
        ("utf-8", None, "utf-8", GERMAN),
        ("utf-8", "utf-8", "utf-8", JAPANESE),
        ("utf-8", None, "", GERMAN),
        ("iso-8859-1", None, "iso-8859-1", "Café"),
        ("iso-8859-2", None, "iso-8859-2", "Zażółć gęślą jaźń"),
        ("iso-8859-7", None, "iso-8859-7", "Νέα του λιμανιού"),
        ("iso-8859-15", None, "ISO-8859-15", "5 €"),
        ("windows-1251", None, "windows-1251", RUSSIAN),
        ("windows-1251", None, "cp1251", RUSSIAN),
        ("koi8-r", None, "koi8-r", RUSSIAN),
        ("koi8-r", "koi8-r", "", RUSSIAN),
        ("cp866", None, "ibm866", RUSSIAN),
        ("mac-cyrillic", None, "x-mac-cyrillic", RUSSIAN),
        ("shift_jis", None, "Shift_JIS", JAPANESE),
        ("cp932", None, "shift_jis", "①港㈱"),
        ("cp932", None, "windows-31j", "①港㈱"),
        ("euc-jp", None, "EUC-JP", JAPANESE),
        ("iso-2022-jp", None, "ISO-2022-JP", JAPANESE),
        ("gb2312", None, "gb2312", CHINESE),
        ("gb18030", None, "gb2312", "镕 and 𠀀"),
        ("gbk", None, "GBK", "镕"),
        ("big5", None, "big5", "港口新聞"),
        ("euc-kr", None, "euc-kr", "항구 소식"),
        ("cp949", None, "ks_c_5601-1987", "똠방각하"),
        ("cp874", None, "tis-620", "ข่าวท่าเรือ"),
        ("cp1254", None, "iso-8859-9", "Liman – haberleri"),
        # as browsers read them
        ("windows-1252", None, "iso-8859-1", "“Café” – 5 €"),
        ("windows-1252", "us-ascii", "", "“Café”"),
        ("windows-1252", "latin1", "", "“Café”"),
        # whoever is wrong
        ("utf-8", "iso-8859-1", "utf-8", GERMAN),
        ("utf-8", "iso-8859-1", "", GERMAN),
        ("utf-8", None, "iso-8859-1", GERMAN),
        ("utf-8", "windows-1251", "windows-1251", RUSSIAN),
        ("utf-8", None, "gb2312", GERMAN),
        ("utf-8", None, "utf-16", GERMAN),
        ("utf-8", None, "no-such-encoding", GERMAN),
        ("utf-8", "none", "", GERMAN),
        ("utf-8", None, "punycode", GERMAN),
        ("utf-8", None, "utf-7", GERMAN),
        ("utf-8", None, "unicode_escape", GERMAN),
        ("windows-1252", None, "utf-8", "“Café” – 5 €"),
        ("windows-1252", "utf-8", "", "“Café”"),
        ("windows-1251", "utf-8", "windows-1251", RUSSIAN),
        ("koi8-r", "koi8-r", "utf-8", RUSSIAN),
        ("shift_jis", "utf-8", "shift_jis", JAPANESE),
        ("utf-8", "shift_jis", "utf-8", JAPANESE),
        # wide ones
        ("utf-16", None, "utf-16", JAPANESE),
        ("utf-16", "utf-8", "utf-8", GERMAN),
        ("utf-16-le", None, "utf-16", GERMAN),
        ("utf-16-be", None, "utf-16", GERMAN),
        ("utf-16-be", None, "utf-8", GERMAN),
        ("utf-32", None, "utf-32", GERMAN),
        ("utf-32-le", None, "", GERMAN),
        ("utf-32-be", None, "", GERMAN),
        ("cp037", None, "ebcdic-cp-us", "Cafe"),
    ],
)
def test_a_document_is_read_in_the_encoding_that_it_is_in(
    encoded: str, http: str | None, declared: str, text: str
) -> None:
    written = SAID.format(declared, text) if declared else f"<rss><title>{text}</title></rss>"
    assert charset.decoded(written.encode(encoded), http)[0].removeprefix("\ufeff") == written


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "utf-16"])
def test_a_byte_order_mark_is_believed_first(declared: str) -> None:
    written = SAID.format(declared, GERMAN)
    assert charset.decoded(codecs.BOM_UTF8 + written.encode(), "windows-1251") == (written, None)


@pytest.mark.parametrize(
    ("body", "http", "claimed"),
    [
        (SAID.format("iso-8859-1", "Café").encode("latin-1"), None, None),
        (SAID.format("ISO-8859-1", "Café").encode(), None, "ISO-8859-1"),
        (SAID.format("utf-8", "Café").encode(), "ISO-8859-1", "ISO-8859-1"),
        (SAID.format("iso-8859-1", "Cafe").encode(), "utf-8", None),
        (SAID.format("iso-8859-1", "Cafe").encode(), None, None),
        (SAID.format("utf-8", "Café").encode("latin-1"), None, "utf-8"),
        (b"<rss>Caf\xe9</rss>", None, "utf-8"),
    ],
)
def test_a_wrong_claim_is_told(body: bytes, http: str | None, claimed: str | None) -> None:
    assert charset.decoded(body, http)[1] == claimed


def test_one_stray_byte_does_not_make_another_encoding_of_all() -> None:
    for encoding in ("utf-8", "euc-jp"):
        text, _ = charset.decoded(SAID.format(encoding, JAPANESE).encode(encoding).replace(b"</", b"\xff</", 1), None)
        assert text == SAID.format(encoding, JAPANESE + "\ufffd")


@settings(max_examples=200)
@given(st.binary(max_size=60), st.one_of(st.none(), st.text(max_size=20)))
@example(b"", None)
@example(b"\0", "")
@example(b'<?xml encoding="idna"?>' + b"\xff", "idna")
def test_any_bytes_are_some_text(body: bytes, label: str | None) -> None:
    text, _ = charset.decoded(body, label)
    text.encode()  # no half of a pair among it


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.sampled_from(["iso-8859-1", "windows-1251", None]))
def test_utf_8_is_always_known(text: str, label: str | None) -> None:
    written = f"<rss>{text}</rss>"
    assert charset.decoded(written.encode(), label)[0] == written


@pytest.mark.parametrize("label", ["punycode", "idna", "unicode_escape", "utf-7", "shift_jis", "iso-2022-jp", "hz"])
def test_no_label_costs_more_than_its_text(label: str) -> None:
    """Python's codecs are more than encodings, and some take quadratic time."""
    body = b'<?xml version="1.0" encoding="' + label.encode() + b'"?>' + b"-a~{\x1b$B" * 200_000
    started = time.process_time()
    charset.decoded(body, label)
    assert time.process_time() - started < 1
