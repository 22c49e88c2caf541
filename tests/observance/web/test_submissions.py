"""`/submissions`: what is sent is received, whatever it is; receipts, revisions, withdrawals and what the Secretariat does about it."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from conftest import ROOT
from kept_register import NOTIFICATION, enter, invoke
from mail_fixtures import MailServer
from observance.ledger import Ledger, locate, verify_ledger
from served_ledger import LETTER, PARTIES, browser, make, program, served, token

TURTLE = "text/turtle"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("ledger"))


@pytest.fixture(scope="module")
def clients(ledger_app: Flask, file: Path) -> Callable[[str], FlaskClient]:
    """A function that gives the program of an account."""
    made: dict[str, FlaskClient] = {}

    def client(name: str) -> FlaskClient:
        if name not in made:
            made[name] = program(ledger_app, token(file, name))
        return made[name]

    return client


def letter(name: str, *, text: str = NOTIFICATION) -> bytes:
    """A notification with an IRI of its own."""
    return text.replace("xa/notification", f"xa/{name}").encode()


def send(client: FlaskClient, content: bytes, media_type: str = TURTLE, **fields: str) -> Any:
    return client.post("/submissions", data=content, content_type=media_type, query_string=fields)


def wait_for(client: FlaskClient, version: str) -> None:
    """Wait until the service answers from another version of the register."""
    end = time.monotonic() + 30
    while client.get("/health").json["register"]["version"] == version and time.monotonic() < end:
        time.sleep(0.1)


def test_receipt(clients: Callable[[str], FlaskClient], file: Path, tmp_path: Path) -> None:
    """What is sent gets 201, an address, a receipt that is verified without the service, a report; the same again the first receipt."""
    content = letter("receipt")
    first = send(clients("xa"), content)
    again = send(clients("xa"), content)

    assert first.status_code == again.status_code == 201
    assert first.headers["Location"] == again.headers["Location"] == f"/submissions/{first.json['number']}"
    assert (first.json["isNew"], again.json["isNew"]) == (True, False)
    assert first.json["state"] == "processable" and first.json["report"]["processable"] is True
    assert first.json["onBehalfOf"] == [f"{PARTIES}XA"] and first.json["submissions"] == ["https://example.org/xa/receipt"]
    (tmp_path / "letter.ttl").write_bytes(content)
    (tmp_path / "receipt.json").write_bytes(clients("xa").get(f"{first.headers['Location']}/receipt").data)
    verified = invoke("receipt", "verify", tmp_path / "letter.ttl", tmp_path / "receipt.json", "--lang", "en")
    assert verified.exit_code == 0, verified.output
    assert clients("xa").get(f"{first.headers['Location']}/content").data == content
    with Ledger(locate(file)) as ledger:
        assert verify_ledger(ledger).faults == ()


def test_to_clarify(clients: Callable[[str], FlaskClient]) -> None:
    """A submission with findings is received all the same, and its state says that clarification will be requested."""
    sent = send(clients("xa"), letter("to-clarify").replace(b"obs:intends true", b'obs:intends "perhaps"'))

    assert (sent.status_code, sent.json["state"]) == (201, "to-clarify")
    assert sent.json["report"]["processable"] is False


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.4 a letter", "application/pdf"),
        (b"\x00\x01\x02", "application/octet-stream"),
        (b"<a> <b>", TURTLE),
        (b"@prefix : <https://example.org/> . :a :b :c .", TURTLE),
        (b"Dear colleagues", "text/plain"),
    ],
)
def test_original(clients: Callable[[str], FlaskClient], content: bytes, media_type: str) -> None:
    """Anything that holds no submission is received and kept as a file, byte for byte, with the reason."""
    sent = send(clients("xa"), content, media_type)

    assert (sent.status_code, sent.json["state"], sent.json["submissions"]) == (201, "original", [])
    assert set(sent.json["problem"]) == {"en", "fr"} and all(sent.json["problem"].values())
    assert clients("xa").get(f"{sent.headers['Location']}/content").data == content


def test_record_of_the_register(clients: Callable[[str], FlaskClient], ledger_app: Flask) -> None:
    """Whoever sends a record of the register learns that the Secretariat enters it; the Secretariat's page leads to its form."""
    content = (ROOT / "shapes" / "examples" / "register-meetings.ttl").read_bytes()
    sent = send(clients("xa"), content)
    pages = []
    for name in ("secretariat", "xa"):
        client = browser(ledger_app, name)
        word = re.findall(r'name="csrf" value="([^"]+)"', client.get("/submissions").text)[0]
        fields = {"csrf": word, "party": "XB" if name == "secretariat" else "XA", "file": (BytesIO(content), "meetings.ttl")}
        pages.append(client.post("/submissions?lang=en", data=fields, content_type="multipart/form-data").text)

    assert "« observance register »" in sent.json["problem"]["fr"].replace("\xa0", " ").replace("\u202f", " ")
    assert [("Secretariat enters" in page, "/file/review-meeting" in page) for page in pages] == [(True, True), (True, False)]


NAMESPACE = "http://w3id.org/observance/ns#"
"""The vocabulary's namespace as it is often misspelt; statements are read as they are meant."""


@pytest.mark.parametrize(
    "statement",
    [
        "<https://example.org/register/register> obs:declares party:XB .",
        '<https://example.org/xa/{name}> obs:receivedOn "2019-01-01"^^xsd:date .',
        '<https://example.org/xa/{name}> <http://w3id.org/observance/ns#receivedOn> "2019-01-01"^^xsd:date .',
        "<https://example.org/xa/notification> obs:intends false .",
        "party:XU a obs:CouncilMember .",
        "<https://example.org/register/x> a obs:Register .",
        "<https://xa.example/meeting> a <http://w3id.org/observance/ns#ReviewMeeting> .",
        "<https://example.org/xa/{name}> dcterms:relation <https://xa.example/m> . <https://xa.example/m> a obs:ReviewMeeting .",
        "<https://xa.example/presence> a obs:Participation ; obs:participant party:XU ; obs:attendance obs:Absent .",
        "<https://example.org/xa/{name}> obs:participation [ a obs:Participation ; obs:participant party:XU ] .",
        "<https://xa.example/membership> a <http://www.w3.org/ns/org#Membership> .",
        "<https://example.org/xa/{name}> dcterms:relation <https://xa.example/o> . <https://xa.example/o> a obs:ReceivedOriginal .",
        '<https://w3id.org/observance/duties/XU/norm-3a> dcterms:description "in breach"@en .',
        '[] dcterms:description "a node to which nothing leads"@en .',
        "<https://example.org/xa/{name}> dcterms:relation <https://example.org/register/m> . <https://example.org/register/m> a xsd:X .",
    ],
)
def test_states_what_others_state(clients: Callable[[str], FlaskClient], statement: str) -> None:
    """A document that states what is not its sender's to state becomes none of the register's; the reason names nobody's node."""
    name = f"foreign-{abs(hash(statement))}"
    sent = send(clients("xa"), letter(name) + statement.format(name=name).encode())

    assert (sent.status_code, sent.json["state"]) == (201, "original")
    assert "https://" not in sent.json["problem"]["en"]


def test_without_party(clients: Callable[[str], FlaskClient]) -> None:
    """A document that does not say for whom it is filed is kept as a file, also where another body is said to file it."""
    sent = send(clients("xa"), letter("nobody").replace(b"    obs:onBehalfOf party:XA ;\n", b""))

    assert (sent.status_code, sent.json["state"]) == (201, "original")


def test_own_party_alone(clients: Callable[[str], FlaskClient]) -> None:
    """A contact sends nothing for another party, and changes nothing of one, however the namespace is written."""
    first = send(clients("xa"), letter("own"))
    for_other = send(clients("xu"), letter("for-other"))
    also = letter("misspelt", text=NOTIFICATION.replace("party:XA", "party:XU"))
    misspelt = send(clients("xu"), also + f"<https://example.org/xa/misspelt> <{NAMESPACE}onBehalfOf> party:XA .".encode())
    as_other = send(clients("xu"), letter("as-other"), party="XA")
    revision = NOTIFICATION.replace("party:XA", "party:XU").replace(
        "obs:intends true", "<http://www.w3.org/ns/prov#wasRevisionOf> <https://example.org/xa/own> ; obs:intends true"
    )
    revised = send(clients("xu"), letter("revision", text=revision))

    assert first.status_code == 201
    assert [each.status_code for each in (for_other, misspelt, as_other, revised)] == [403, 403, 403, 409]
    assert clients("xu").post(f"{first.headers['Location']}/withdrawal").status_code == 403
    assert [r["number"] for r in clients("ada").get("/submissions").json["submissions"] if r["onBehalfOf"] == [f"{PARTIES}XU"]] == []


def test_first_come(clients: Callable[[str], FlaskClient]) -> None:
    """An IRI that another party used first keeps nothing out: what is sent with it is kept as a file, and no one learns whose it was."""
    taken = NOTIFICATION.replace("party:XA", "party:XU").replace("obs:Public", "obs:Restricted")
    assert send(clients("xu"), letter("taken", text=taken)).status_code == 201
    sent = send(clients("xa"), letter("taken"))

    assert (sent.status_code, sent.json["state"]) == (201, "original")
    assert "party" not in sent.json["problem"]["en"] and "https://" not in sent.json["problem"]["en"]


def test_restricted_document_of_another(clients: Callable[[str], FlaskClient]) -> None:
    """Who revises what it may not read learns neither that it exists nor whose it is, and changes nothing."""
    secret = NOTIFICATION.replace("party:XA", "party:XU").replace("obs:Public", "obs:Restricted")
    send(clients("xu"), letter("secret", text=secret))
    answers = [
        send(
            clients("xa"),
            letter(
                f"guess-{name}",
                text=NOTIFICATION.replace(
                    "obs:intends true", f"<http://www.w3.org/ns/prov#wasRevisionOf> <https://example.org/xa/{name}> ; obs:intends true"
                ),
            ),
        )
        for name in ("secret", "not-there")
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json["state"] == answers[1].json["state"]
    kinds = [[(result["shape"], result["severity"]) for result in answer.json["report"]["results"]] for answer in answers]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("are_equal", [True, False])
def test_at_once(ledger_app: Flask, file: Path, are_equal: bool) -> None:
    """Of equal documents that are sent at once one is entered; of different ones with the same IRI one becomes a document."""
    contents = [letter(f"at-once-{are_equal}") + (b"" if are_equal else f"# {number}\n".encode()) for number in range(8)]
    clients = [program(ledger_app, token(file, "xa")) for _ in contents]
    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(send, clients, contents))

    assert {each.status_code for each in sent} == {201}
    assert len({each.json["number"] for each in sent}) == (1 if are_equal else 8)
    assert sum(each.json["state"] == "processable" for each in sent) == (8 if are_equal else 1)


def test_joint_letter(clients: Callable[[str], FlaskClient]) -> None:
    """The same letter of two parties is entered for each; a document of two parties by the Secretariat for both."""
    papers = [send(clients("secretariat"), b"%PDF-1.4 joint", "application/pdf", party=code, sender="XA") for code in ("XA", "XU")]
    joint = send(
        clients("secretariat"), letter("joint").replace(b"obs:onBehalfOf party:XA", b"obs:onBehalfOf party:XA , party:XU"), party="XA"
    )

    assert [paper.json["onBehalfOf"] for paper in papers] == [[f"{PARTIES}XA"], [f"{PARTIES}XU"]]
    assert (joint.status_code, sorted(joint.json["onBehalfOf"])) == (201, [f"{PARTIES}XA", f"{PARTIES}XU"])


def test_narrowest_disclosure(clients: Callable[[str], FlaskClient], ledger_app: Flask) -> None:
    """A file with a submission that is not public is not public, whatever a part or another submission of it says."""
    second = letter("unstated").replace(b"    obs:disclosure obs:Public ;\n", b"").split(b"\n\n", 1)[1]
    part = letter("part").replace(
        b"obs:disclosure obs:Public", b"obs:disclosure obs:Restricted ; dcterms:hasPart <https://example.org/xa/part/1>"
    )
    part += b"<https://example.org/xa/part/1> obs:disclosure obs:Public .\n"
    literal = letter("literal").replace(b"obs:disclosure obs:Public", b'obs:disclosure "Public"')
    for content in (letter("stated") + b"\n" + second, part, literal):
        sent = send(clients("xa"), content)
        assert sent.status_code == 201
        address = sent.headers["Location"]
        assert program(ledger_app, None).get(f"{address}/content").status_code == 404
        assert clients("xa").post(f"{address}/withdrawal").status_code in (201, 400)


@pytest.mark.parametrize("fields", [{"dated": "2999-01-01"}, {"dated": "no day"}, {"sender": "Embassy of Altamar"}, {"transcribes": "-1"}])
def test_bad_fields(clients: Callable[[str], FlaskClient], fields: dict[str, str]) -> None:
    """A field that is none is refused with a sentence, and nothing is entered."""
    before = len(clients("secretariat").get("/submissions").json["submissions"])
    sent = send(clients("secretariat"), letter("bad-fields"), party="XA", **fields)

    assert sent.status_code in (400, 404) and sent.json["detail"]
    assert len(clients("secretariat").get("/submissions").json["submissions"]) == before


def test_transcription_is_the_secretariats(clients: Callable[[str], FlaskClient]) -> None:
    """A contact cannot declare another party's letter, nor its own, to be transcribed; nor is it for a file that holds nothing."""
    paper = send(clients("xu"), b"%PDF-1.4 untranscribed", "application/pdf")
    number = str(paper.json["number"])
    send(clients("xa"), letter("declares"), transcribes=number)
    of_other = send(clients("secretariat"), letter("of-other"), party="XA", transcribes=number)
    of_file = send(clients("secretariat"), b"%PDF-1.4 no data", "application/pdf", party="XU", transcribes=number)

    assert clients("xu").get(paper.headers["Location"]).json["changedBy"] == []
    assert (of_other.status_code, of_file.status_code) == (404, 201)


def test_body_that_is_called_a_form(clients: Callable[[str], FlaskClient]) -> None:
    """What a program sends under the media type of forms, as curl does by itself, is received too."""
    sent = send(clients("xa"), b"Dear Sir, & yours = truly", "application/x-www-form-urlencoded")

    assert sent.status_code == 201
    assert clients("xa").get(f"{sent.headers['Location']}/content").data == b"Dear Sir, & yours = truly"


def test_revision_and_withdrawal(clients: Callable[[str], FlaskClient]) -> None:
    """A revision and a withdrawal are communications of their own; what they change stays visible, and says so."""
    first = send(clients("xa"), letter("first"))
    text = NOTIFICATION.replace(
        "obs:intends true", "<http://www.w3.org/ns/prov#wasRevisionOf> <https://example.org/xa/first> ; obs:intends true"
    )
    second = send(clients("xa"), letter("second", text=text))
    withdrawal = clients("xa").post(f"{second.headers['Location']}/withdrawal", data={"reason": "sent too early"})

    assert (second.status_code, withdrawal.status_code) == (201, 201)
    shown = clients("xa").get(first.headers["Location"]).json, clients("xa").get(second.headers["Location"]).json
    assert [[change["how"] for change in each["changedBy"]] for each in shown] == [["revised"], ["withdrawn"]]
    assert shown[1]["changedBy"][0]["number"] == withdrawal.json["number"]
    again = clients("xa").post(f"{second.headers['Location']}/withdrawal", data={"reason": "other words"})
    assert (again.status_code, again.json["number"]) == (201, withdrawal.json["number"])


def test_change_that_is_not_disclosed(clients: Callable[[str], FlaskClient], ledger_app: Flask) -> None:
    """That a public document has a restricted revision is told to those who may read it."""
    first = send(clients("xa"), letter("public-first"))
    text = NOTIFICATION.replace("obs:Public", "obs:Restricted").replace(
        "obs:intends true", "<http://www.w3.org/ns/prov#wasRevisionOf> <https://example.org/xa/public-first> ; obs:intends true"
    )
    send(clients("xa"), letter("restricted-second", text=text))

    told = [len(c.get(first.headers["Location"]).json["changedBy"]) for c in (clients("xa"), clients("xu"), program(ledger_app, None))]
    assert told == [1, 0, 0]


def test_same_iri_again(clients: Callable[[str], FlaskClient]) -> None:
    """A changed document with an IRI that is on record is kept as a file, with the advice how to revise."""
    send(clients("xa"), letter("again"))
    sent = send(clients("xa"), letter("again") + b"\n# mended\n")

    assert sent.json["state"] == "original"
    assert "prov:wasRevisionOf" in sent.json["problem"]["en"]


def test_steps(clients: Callable[[str], FlaskClient]) -> None:
    """What the Secretariat does is on record with who and when, and only it can do so."""
    address = send(clients("xa"), letter("steps")).headers["Location"]
    for step in ("clarification-requested", "noted"):
        assert clients("secretariat").post(f"{address}/steps", data={"step": step, "reason": "words"}).status_code == 200
    refused = clients("xa").post(f"{address}/steps", data={"step": "noted"})
    unknown = clients("secretariat").post(f"{address}/steps", data={"step": "violated"})

    events = clients("xa").get(address).json["events"]
    assert [(event["state"], event["by"]) for event in events[1:]] == [
        ("clarification-requested", "secretariat"),
        ("noted", "secretariat"),
    ]
    assert (refused.status_code, unknown.status_code) == (403, 400)


def test_paper_and_its_transcription(clients: Callable[[str], FlaskClient], file: Path) -> None:
    """The Secretariat enters a letter with its day of receipt, and then its transcription, which names it."""
    fields = {"party": "XA", "received": "2025-03-04", "dated": "2025-03-01"}
    paper = send(clients("secretariat"), b"%PDF-1.4 paper", "application/pdf", **fields)
    number = str(paper.json["number"])
    transcribed = send(clients("secretariat"), letter("paper"), **fields, transcribes=number, converter="by hand")
    of_nothing = send(clients("secretariat"), letter("of-nothing"), **fields, transcribes="1")
    later = send(clients("secretariat"), letter("later"), party="XA", received="2999-01-01")

    assert (paper.status_code, transcribed.status_code, of_nothing.status_code, later.status_code) == (201, 201, 404, 400)
    assert (paper.json["received"], paper.json["dated"]) == ("2025-03-04", "2025-03-01")
    assert clients("secretariat").get(paper.headers["Location"]).json["changedBy"] == [
        {"how": "transcribed", "number": transcribed.json["number"]}
    ]
    address = transcribed.headers["Location"]
    refused = [clients("xu").post(f"{address}/confirmation"), clients("xa").post(f"{paper.headers['Location']}/confirmation")]
    confirmed = clients("xa").post(f"{address}/confirmation")
    assert [each.status_code for each in (*refused, confirmed)] == [403, 400, 200]
    assert [(event["state"], event["by"]) for event in confirmed.json["events"]][-1] == ("confirmed", "xa")
    with Ledger(locate(file)) as ledger:
        receipt = next(content for name, _, content in ledger.documents() if b"transcribes" in content and name.startswith("receipts/"))
    assert b"obs:transcribes" in receipt


def test_erasure(clients: Callable[[str], FlaskClient]) -> None:
    """An administrator alone erases what was filed by mistake: its number, the decision and its day stay."""
    address = send(clients("xa"), b"%PDF-1.4 by mistake", "application/pdf").headers["Location"]
    refused = clients("secretariat").post(f"{address}/decisions", data={"decision": "erase", "reason": "mistake"})
    erased = clients("ada").post(f"{address}/decisions", data={"decision": "erase", "reason": "mistake"})

    assert (refused.status_code, erased.status_code) == (403, 200)
    assert clients("ada").get(address).json["state"] == clients("xa").get(address).json["state"] == "erasure"
    assert clients("ada").get(f"{address}/content").status_code == 400
    assert clients("xu").get(address).status_code == 404


@pytest.mark.parametrize("decision", ["seal", "erase"])
def test_sent_again_after_a_decision(clients: Callable[[str], FlaskClient], ledger_app: Flask, decision: str) -> None:
    """What was sealed or erased can be sent again with the same IRI, and is then a document; of the first, others see nothing."""
    address = send(clients("xa"), letter(f"mistake-{decision}")).headers["Location"]
    clients("ada").post(f"{address}/decisions", data={"decision": decision, "reason": "mistake"})
    again = send(clients("xa"), letter(f"mistake-{decision}") + b"# without the name\n")

    assert (again.status_code, again.json["state"]) == (201, "processable")
    assert program(ledger_app, None).get(address).status_code == 404


def test_without_account(ledger_app: Flask) -> None:
    """Whoever has no account sends nothing, and is told that an account is needed."""
    anybody = program(ledger_app, None)
    sent = send(anybody, letter("anybody"))

    assert (sent.status_code, sent.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert send(program(ledger_app, "observance_0_x"), letter("anybody")).status_code == 401


def test_page(ledger_app: Flask) -> None:
    """A person sends a file and withdraws it from pages, in either language."""
    person = browser(ledger_app, "xa")
    page = person.get("/submissions?lang=fr").get_data(as_text=True)
    csrf = re.search(r'name="csrf" value="(\w+)"', page)
    assert csrf is not None and "Envoyer une communication" in page
    form = {"csrf": csrf[1], "file": (BytesIO(letter("page")), "letter.ttl"), "dated": "2026-01-02"}
    sent = person.post("/submissions", data=form, content_type="multipart/form-data")
    withdrawn = person.post(f"{sent.headers['Location']}/withdrawal", data={"csrf": csrf[1], "reason": ""})

    assert (sent.status_code, withdrawn.status_code) == (201, 201)
    assert "withdrawn by" in person.get(sent.headers["Location"]).get_data(as_text=True)
    assert person.get("/submissions?whose=ours").status_code == person.get("/account").status_code == 200


def test_folder_receives_nothing(client: FlaskClient) -> None:
    """A register in a folder says how it could receive."""
    assert "import" in client.get("/submissions").json["detail"]
    assert client.get("/submissions").status_code == client.post("/submissions", data=LETTER).status_code == 404


def test_silence_is_not_concluded_from_an_original(tmp_path: Path) -> None:
    """While a letter is not transcribed, nothing is concluded from its party's silence; nor while a document of it is sealed."""
    file, now = make(tmp_path), datetime.now(UTC)
    complete = f"completeness XA XU --for Submission --until {now.date()} --by wco:organization"
    enter(file, complete, "--entered", now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    with served(file) as app:
        secretariat, union = program(app, token(file, "secretariat")), program(app, token(file, "xu"))

        def statuses() -> dict[str, str]:
            return {duty["duty"]: duty["status"] for duty in secretariat.get("/members/XU/duties").json["duties"]}

        def version() -> str:
            return str(secretariat.get("/health").json["register"]["version"])

        before, known = statuses(), version()
        paper = send(union, b"%PDF-1.4 of the Union", "application/pdf")
        wait_for(secretariat, known)
        meanwhile, known = statuses(), version()
        text = NOTIFICATION.replace("party:XA", "party:XU")
        fields = {"party": "XU", "received": paper.json["received"], "transcribes": str(paper.json["number"])}
        assert send(secretariat, letter("of-the-union", text=text), **fields).status_code == 201
        wait_for(secretariat, known)
        after = statuses()

        known, administrator = version(), program(app, token(file, "ada"))
        address = send(union, letter("sealed", text=text)).headers["Location"]
        wait_for(secretariat, known)
        known = version()
        assert administrator.post(f"{address}/decisions", data={"decision": "seal", "reason": "confidential"}).status_code == 200
        wait_for(secretariat, known)
        sealed = statuses()

    silent = {duty for duty, status in before.items() if status != meanwhile.get(duty)}
    assert silent
    assert {meanwhile[duty] for duty in silent if duty in meanwhile} == {"Unknown"}
    assert [duty for duty in silent if after.get(duty) == meanwhile.get(duty)] == []
    still = [duty for duty in silent if after.get(duty) == before[duty]]
    assert still and {sealed[duty] for duty in still} == {"Unknown"}


def test_notices(tmp_path: Path, servers: Callable[..., MailServer]) -> None:
    """The Secretariat and the party are told by e-mail that something was received or done, and nothing of what it says."""
    server, file = servers(), make(tmp_path)
    before = set(server.mailbox.iterdir())
    with served(
        file, relay_host="127.0.0.1", relay_port=server.port, relay_tls="none", relay_sender="register@organization.example"
    ) as app:
        party, secretariat = program(app, token(file, "xa")), program(app, token(file, "secretariat"))
        address = send(party, letter("notices")).headers["Location"]
        send(party, letter("notices"))
        secretariat.post(f"{address}/steps", data={"step": "noted", "reason": "words"})
    messages = [message_from_bytes(each.read_bytes(), policy=SMTP) for each in sorted(set(server.mailbox.iterdir()) - before)]

    recipients = sorted(message["To"] for message in messages)
    assert recipients == ["contact@xa.example"] * 2 + ["registry@organization.example"] * 2
    assert all(address in message.get_content() and "notification" not in message.get_content() for message in messages)
    assert sum("took note" in message.get_content() for message in messages) == 2


def test_mail_server_that_does_not_answer(tmp_path: Path) -> None:
    """Nobody waits for a mail server: what is sent is received as fast, and the log says that no notice was sent."""
    file = make(tmp_path)
    with served(file, relay_host="127.0.0.1", relay_port=9, relay_tls="none", relay_sender="register@organization.example") as app:
        assert send(program(app, token(file, "xa")), letter("unreachable")).status_code == 201
