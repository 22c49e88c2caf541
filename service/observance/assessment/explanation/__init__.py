"""Explanations of assessments: reasons, rejected statuses, counterfactuals, differences, and their wording."""
