"""Repairs are proposed where trying them showed that they hold, and to the gravest findings first."""

from pathlib import Path

from observance.submissions import ReportOptions, repair, service

SUBMISSION = Path(__file__).parent / "reports" / "interval.ttl"
REPAIRS = ReportOptions(repairs=True)


def test_proposed_only_when_the_finding_goes(kb, monkeypatch):
    """A change after which the document has the very findings that it had repairs nothing."""
    proposed = kb.submissions.validate(SUBMISSION, options=REPAIRS)
    tried = []
    monkeypatch.setattr(service, "report_on_document", lambda document, **_others: tried.append(document) or proposed)
    found = kb.submissions.validate(SUBMISSION, options=REPAIRS)

    assert any(finding.repair for finding in proposed.findings)
    assert [finding.repair for finding in found.findings] == [None] * len(found.findings)
    assert tried


def test_gravest_first(kb, monkeypatch):
    """Where little can be tried, it is tried for what cannot be processed, before what is good practice."""
    tried = []
    monkeypatch.setattr(repair.Repairer, "_repair", lambda _self, finding, _result, **_others: tried.append(finding.severity))

    kb.submissions.validate(SUBMISSION, options=REPAIRS)
    ranks = [repair.SEVERITIES.index(severity) for severity in tried]

    assert len(set(ranks)) > 1
    assert ranks == sorted(ranks)
