"""The Appraisal Policy for Evidence: packs of an authority, the catalog that they name apps from, and their bundle."""
