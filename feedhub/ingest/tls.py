"""Why a certificate is not accepted, in words; and since when it is not valid any more."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable
from datetime import date, datetime

_EXPIRED = 10
_WORDS = {  # by the numbers that OpenSSL gives to what is wrong
    9: "is not valid yet; is this machine's clock right?",
    _EXPIRED: "has expired; its owner has to renew it",
    18: "is signed by itself alone",
    19: "is signed by an authority that is not known here",
    20: "is signed by an authority that is not known here, or comes without its chain",
    21: "is signed by an authority that is not known here, or comes without its chain",
    62: "is for another host name",
    64: "is for another address",
}
_MONTHS = "January February March April May June July August September October November December"
# RFC 5280, 4.1.2.5: a sequence of two times, each with a year of two digits (until 2049) or of four.
_VALIDITY = re.compile(rb"\x30.(?:\x17\x0d\d{12}Z|\x18\x0f\d{14}Z)(?:\x17\x0d|\x18\x0f)(\d{12}(?:\d\d)?)Z", re.DOTALL)


class Handshake(ssl.SSLObject):
    """A handshake that, refused for a certificate that has expired, notes the day in the error."""

    def do_handshake(self) -> None:
        """As its base does it."""
        try:
            super().do_handshake()
        except ssl.SSLCertVerificationError as error:
            if error.verify_code == _EXPIRED:
                chain = self._sslobj.get_unverified_chain() or ()  # type: ignore[attr-defined] # public from 3.13 on
                error.add_note(_since(certificate.public_bytes(2) for certificate in chain))  # 2: in DER
            raise


def words(error: ssl.SSLCertVerificationError) -> str:
    """What is wrong with a certificate, and what to do."""
    if since := "".join(getattr(error, "__notes__", ())):
        return f"its certificate expired on {since}; its owner has to renew it"
    return f"its certificate {_WORDS.get(error.verify_code) or f'is not accepted: {error.verify_message}'}"


def _since(chain: Iterable[bytes]) -> str:
    """The first day on which one of these certificates expired."""
    days = sorted(day for certificate in chain if (day := _last_day(certificate)))
    return f"{days[0].day} {_MONTHS.split()[days[0].month - 1]} {days[0].year}" if days else ""


def _last_day(certificate: bytes) -> date | None:
    """Until when a certificate holds. The standard library reads this only of a certificate that it accepts."""
    found = _VALIDITY.search(certificate)
    if found is None:
        return None
    digits = found[1].decode()
    try:
        return datetime.strptime(digits if len(digits) == 14 else f"20{digits}", "%Y%m%d%H%M%S").date()  # noqa: DTZ007
    except ValueError:
        return None
