"""The grammar that every Atom document is held to: what RFC 4287 and RFC 6721 allow, and what they do not."""

from __future__ import annotations

import pytest

from feedhub.model import Format
from feedhub.output import readback

HEAD = "<id>urn:feed</id><title>A feed</title><updated>2026-03-01T12:00:00Z</updated>"
ENTRY = "<id>urn:1</id><title>One</title><updated>2026-03-01T12:00:00.5+01:00</updated>"


def document(head: str = HEAD, *, entries: str = f"<entry>{ENTRY}</entry>", attributes: str = "") -> bytes:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"'
        f' xmlns:x="urn:x"{attributes}>{head}{entries}</feed>'
    ).encode()


def entry(more: str, said: str = ENTRY) -> bytes:
    return document(entries=f"<entry>{said}{more}</entry>")


@pytest.mark.parametrize(
    "allowed",
    [
        document(),
        document(entries=""),
        document(attributes=' xml:lang="de-CH-1996" xml:base="https://e.org/" x:any="thing"'),
        document(
            "<link href='https://e.org/'/><author><name>A</name></author>" + HEAD + "<link href='https://e.org/2'/>"
        ),
        document(HEAD + "<generator uri='https://e.org/' version='1'>G</generator><icon>/i</icon><logo>/l</logo>"),
        document(
            HEAD
            + "<subtitle type='html'>&lt;b></subtitle><rights>None</rights><contributor><name>C</name></contributor>"
        ),
        document(HEAD + "<x:complete/><x:more a='b'>text<x:deep/></x:more>"),
        entry("<content type='html'>&lt;p></content><summary/><published>2026-03-01T12:00:00Z</published>"),
        entry("<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p class='a'>x</p></div></content>"),
        entry("<content type='image/png' src='https://e.org/i.png'/>"),
        entry("<content type='image/svg+xml'><x:svg><x:g/></x:svg></content>"),
        entry("<link rel='enclosure' href='https://e.org/a' type='audio/mpeg' length='0' hreflang='en' title='A'/>"),
        entry("<category term=''/><category term='a' scheme='urn:s' label='A'/>"),
        entry("<source><title>S</title><id>urn:s</id><link href='https://e.org/'/><x:more/></source>"),
        document(entries="<at:deleted-entry ref='urn:2' when='2026-03-01T12:00:00Z'/>"),
        document(
            entries="<at:deleted-entry ref='urn:2' when='2026-03-01T12:00:00Z'><at:by><name>A</name></at:by>"
            "<at:comment>Why.</at:comment><link href='https://e.org/'/></at:deleted-entry>"
        ),
    ],
)
def test_what_the_standards_allow_is_taken(allowed: bytes) -> None:
    assert isinstance(readback.read(Format.ATOM, allowed), readback.Found)


@pytest.mark.parametrize(
    "refused",
    [
        document(HEAD.replace("<id>urn:feed</id>", "")),
        document(HEAD + "<id>urn:feed</id>"),
        document(HEAD + "<unknown/>"),
        document(HEAD + "<link rel='self'/>"),
        document(HEAD + "<author><email>a@e.org</email></author>"),
        document(HEAD + "<author><name>A</name><email>nobody</email></author>"),
        document(HEAD.replace("12:00:00Z", "12:00:00")),
        document(HEAD.replace("2026-03-01T", "2026-02-30T")),
        document(HEAD.replace("2026-03-01T", "")),
        document(attributes=' xml:lang="none at all"'),
        document(attributes=' version="1.0"'),
        document(entries=f"<entry>{ENTRY}</entry><subtitle/>"),
        entry("<title>Two</title>"),
        entry("<subtitle/>"),
        entry("", ENTRY.replace("<title>One</title>", "")),
        entry("<summary type='text/plain'>x</summary>"),
        entry("<summary type='html'><b/></summary>"),
        entry("<content type='xhtml'>x</content>"),
        entry("<content src='https://e.org/'>x</content>"),
        entry("<category label='a'/>"),
        entry("<link href='https://e.org/' length='many'/>"),
        entry("<source><entry/></source>"),
        document(entries="<at:deleted-entry ref='urn:2'/>"),
        document(entries="<at:deleted-entry when='2026-03-01T12:00:00Z'/>"),
        document(entries="<at:deleted-entry ref='urn:2' when='yesterday'/>"),
        document(HEAD + "<at:unknown/>"),
    ],
)
def test_what_they_do_not_allow_is_refused(refused: bytes) -> None:
    assert not isinstance(readback.read(Format.ATOM, refused), readback.Found)
