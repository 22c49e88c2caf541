"""A register that is kept by commands, in a folder or in a ledger, for the tests of these commands."""

from pathlib import Path

from click.testing import CliRunner, Result

from observance.cli import cli
from observance.core import ObservanceError

NOTIFICATION = """@prefix obs:     <https://w3id.org/observance/ns#> .
@prefix res:     <https://w3id.org/observance/wco/ecommerce-2018/> .
@prefix fos:     <https://w3id.org/observance/wco/ecommerce-framework/> .
@prefix party:   <https://w3id.org/observance/parties/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix xsd:     <http://www.w3.org/2001/XMLSchema#> .

<https://example.org/xa/notification> a obs:IntentionNotification ;
    obs:onBehalfOf party:XA ;
    obs:submittedBy <https://example.org/register/parties/xa-customs> ;
    dcterms:dateSubmitted "2024-01-02"^^xsd:date ;
    dcterms:language "en"^^xsd:language ;
    obs:underParagraph res:p3 ;
    obs:edition fos:edition-2018 ;
    obs:disclosure obs:Public ;
    obs:intends true .
"""
ENTERED = ("--entered", "2024-01-18T09:00:00Z")
COMMANDS = (
    "party XA --kind CouncilMember --name en=Altamar --administration fr=Douane --language fr --email relay@xa.example",
    "membership XA --in wco:council --role MemberRole --since 1971-05-04",
    "party XU --kind CustomsOrEconomicUnion --name en=Straits --language en --email relay@xu.example",
    "membership XU --role UnionRole --since 1995-01-01",
    "membership XA --in XU --since 2001-01-01 --until 2020-12-31",
    "receive {letter} --by parties/xa-customs --on 2024-01-04 --addressed 2024-01-02",
    "meeting 2024 --state MeetingHeld --title en=Review --planned 2024-01-16 --held 2024-01-16 --until 2024-01-17",
    "participation meetings/2024 XA XU --as Attended",
    "transmission https://example.org/xa/notification parties/xa-customs XU --on 2024-01-17 --channel ByEMail --by wco:organization",
    "completeness XA XU --for Submission --for Participation --until 2024-01-18 --by wco:organization",
)


def invoke(*arguments: object) -> Result:
    """The result of a command; raises its ObservanceError."""
    result = CliRunner().invoke(cli, list(map(str, arguments)), standalone_mode=False)
    if isinstance(result.exception, ObservanceError):
        raise result.exception
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def enter(folder: Path, command: str, *more: str) -> Result:
    """The result of a command that adds to the register."""
    return invoke("register", *command.split(), "--register", folder, *(more or ENTERED), "--lang", "en")


def keep(folder: Path, letter: Path) -> Path:
    """Make the register of these tests in the folder."""
    letter.write_text(NOTIFICATION, encoding="utf-8")
    invoke("register", "new", folder, "--base", "https://example.org/register/", "--title", "en=Register")
    for command in COMMANDS:
        enter(folder, command.format(letter=letter))
    return folder
