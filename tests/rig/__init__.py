"""The rig itself: reader, client, evidence, verdicts, reports, held against liars."""
