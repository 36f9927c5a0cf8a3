"""What candidates are told by mail about what this room decides."""

REQUEST_DECIDED = "request_decided_mail"
