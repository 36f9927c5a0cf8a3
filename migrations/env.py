"""Runs migrations on the connection that `proficiency.core.migrate` hands over."""

from alembic import context
from alembic.operations.ops import CreateTableOp, MigrationScript
from alembic.runtime.migration import MigrationContext

from proficiency import features
from proficiency.core.db import Base

features.load_models()


def leave_out_info(
    migration: MigrationContext, revision: object, scripts: list[MigrationScript]
) -> None:
    """A table's kind belongs to the model; a migration names what it guards itself."""
    for operation in scripts[0].upgrade_ops.ops if scripts[0].upgrade_ops else ():
        if isinstance(operation, CreateTableOp):
            operation.info = {}


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    user_module_prefix="core_types.",
    process_revision_directives=leave_out_info,
)
context.run_migrations()
