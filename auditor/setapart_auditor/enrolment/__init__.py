"""Enrolment on the auditor's side: tokens, requests to enrol, confirmations, changes of keys."""
