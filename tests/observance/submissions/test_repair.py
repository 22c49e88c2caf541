"""Repairs are proposed only if validation confirms them, for the most severe findings first."""

from pathlib import Path

from observance.submissions import ReportOptions, repair, service

SUBMISSION = Path(__file__).parent / "reports" / "interval.ttl"
REPAIRS = ReportOptions(repairs=True)


def test_ineffective_candidates_are_not_proposed(kb, monkeypatch):
    """A change after which the document has the same findings is not proposed."""
    proposed = kb.submissions.validate(SUBMISSION, options=REPAIRS)
    tried = []
    monkeypatch.setattr(service, "report_on_document", lambda document, **_others: tried.append(document) or proposed)
    report = kb.submissions.validate(SUBMISSION, options=REPAIRS)

    assert any(finding.repair for finding in proposed.findings)
    assert [finding.repair for finding in report.findings] == [None] * len(report.findings)
    assert tried


def test_severe_findings_first(kb, monkeypatch):
    """If only few candidates can be checked, those for violations are checked before those for good practice."""
    severities = []
    monkeypatch.setattr(repair.Repairer, "_repair", lambda _self, finding, _result, **_others: severities.append(finding.severity))

    kb.submissions.validate(SUBMISSION, options=REPAIRS)
    ranks = [repair.SEVERITIES.index(severity) for severity in severities]

    assert len(set(ranks)) > 1
    assert ranks == sorted(ranks)
