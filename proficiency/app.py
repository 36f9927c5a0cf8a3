"""Builds the web application: settings, database, rooms, and the checks that let it start."""

from datetime import timedelta

from flask import Flask
from flask_wtf import CSRFProtect

from proficiency import features
from proficiency.accounts import sign_in
from proficiency.core import error_pages, show, web
from proficiency.core.config import ROOT, Config, read_config
from proficiency.core.db import Database
from proficiency.core.text import _

csrf = CSRFProtect()


def create_app(config: Config, database: Database | None = None) -> Flask:
    """Return the application for `config`.

    Raises `Misconfigured` for unsafe settings and `RuntimeError` when a view does not declare who
    may use it.
    """
    app = Flask(
        "proficiency",
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    app.config.update(
        SECRET_KEY=config.secret_key,
        SESSION_COOKIE_NAME="proficiency",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.is_https,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=8 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        TESTING=config.testing,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    app.extensions["proficiency.config"] = config
    app.extensions["proficiency.database"] = database or Database(config.database_url)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(show.FILTERS)
    app.jinja_env.globals["_"] = _
    features.load_models()
    features.load_jobs()
    web.init_web(app)
    csrf.init_app(app)
    sign_in.init_app(app)
    error_pages.init_app(app)
    for module in features.view_modules():
        app.register_blueprint(module.bp)
        for name in getattr(module, "TOKEN_VIEWS", ()):
            csrf.exempt(app.view_functions[name])
    app.context_processor(_page_context)
    web.refuse_undeclared(app)
    return app


def from_environment() -> Flask:
    """Return the application for the settings in the environment, for the WSGI server."""
    return create_app(read_config())


def _page_context() -> dict[str, object]:
    """What every page knows: who looks, the institution, and whether this is the demonstration."""
    from proficiency.pages.nav import navigation

    return {
        "current_actor": web.actor(),
        "institution": web.config().institution,
        "demo_mode": web.config().demo,
        "nav": navigation(web.actor()),
    }
