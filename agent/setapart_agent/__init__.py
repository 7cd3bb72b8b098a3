"""The agent (RATS Attester): sees what a device has, says what it could not see, signs both."""
