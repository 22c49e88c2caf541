"""What an answer rests on, said: the day, the time, the reading."""

from observance.core.i18n import translate
from observance.questions.model import AnswerBasis


def basis_sentence(basis: AnswerBasis, *, lang: str) -> str:
    """The moment of the answer, whether it was chosen by default, and the reading if the answer rests on one."""
    name = "querying.basis-default" if basis.default else "querying.basis"
    said = translate(name, lang, asOf=basis.as_of.isoformat(), knownAt=basis.known_at)
    return said if basis.reading is None else f"{said} {translate('querying.basis-reading', lang, reading=basis.reading[lang])}"
