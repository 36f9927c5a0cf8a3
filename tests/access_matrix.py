"""Writes who may use which page, from what the views declare: `python -m tests.access_matrix`.

The outcome is a file that people review: a change of it in a diff is a change of somebody's rights.
"""

from flask import Flask
from werkzeug.routing import Rule

from proficiency.accounts.rules import Role
from proficiency.app import create_app
from proficiency.core.access import access_of
from proficiency.core.config import ROOT, Config
from proficiency.core.db import Database

TARGET = ROOT / "docs" / "access.md"
HEAD = """# Who may use which page

Made from the declarations at the views by `python -m tests.access_matrix`; a test compares the two.
Beyond the role, every page reads only what its reader may see: a candidate their own attempts, an
assessor the responses given to them.

| Address | Methods | Who |
|---|---|---|
"""


def methods_of(rule: Rule) -> list[str]:
    """Return the methods that a person or a script uses on `rule`."""
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def rules_of(app: Flask) -> list[Rule]:
    """Return every address but the static files', in order."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]
    return sorted(rules, key=lambda rule: (rule.rule, methods_of(rule)))


def who(app: Flask, rule: Rule) -> str:
    """Return in words who may use `rule`."""
    access = access_of(app.view_functions[rule.endpoint])
    if access is None:
        raise LookupError(f"{rule.endpoint} declares nothing")
    if access.public_reason is not None:
        return f"everybody: {access.public_reason}"
    if not access.roles:
        return "everybody who is signed in"
    return ", ".join(role for role in Role if role in access.roles)


def matrix(app: Flask) -> str:
    """Return the whole table as Markdown."""
    rows = [
        f"| `{rule.rule}` | {', '.join(methods_of(rule))} | {who(app, rule)} |"
        for rule in rules_of(app)
    ]
    return HEAD + "\n".join(rows) + "\n"


def bare_app(database: Database) -> Flask:
    """Return the application, for its declarations only."""
    config = Config(instance=ROOT / "instance", database_url="", secret_key="x" * 40, testing=True)
    return create_app(config, database)


def main() -> None:
    """Write the file anew."""
    database = Database("sqlite:////tmp/unused-access-matrix.db")
    TARGET.write_text(matrix(bare_app(database)), encoding="utf-8")
    database.close()


if __name__ == "__main__":
    main()
