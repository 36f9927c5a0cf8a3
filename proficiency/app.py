"""Builds the web application: settings, database, rooms, and the checks that let it start."""

from flask import Flask
from flask_wtf import CSRFProtect

from proficiency import features
from proficiency.accounts import sign_in
from proficiency.accounts.rules import SIGN_IN_LIFETIME
from proficiency.core import error_pages, jobs, static, templating, web, wire
from proficiency.core.config import ROOT, Config, read_config
from proficiency.core.db import Database

csrf = CSRFProtect()


def create_app(config: Config, database: Database | None = None) -> Flask:
    """Return the application for `config`.

    Raises `Misconfigured` for unsafe settings and `RuntimeError` when a view does not declare who
    may use it.
    """
    app = Flask(
        "proficiency",
        template_folder=str(ROOT / "templates"),
        static_folder=None,
    )
    app.config.update(
        SECRET_KEY=config.secret_key,
        SESSION_COOKIE_NAME="proficiency",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.is_https,
        PERMANENT_SESSION_LIFETIME=SIGN_IN_LIFETIME,
        SESSION_REFRESH_EACH_REQUEST=False,  # a sign-in lasts no longer for it
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=8 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        TESTING=config.testing,
    )
    app.extensions["proficiency.config"] = config
    app.extensions["proficiency.database"] = database or Database(
        config.database_url, may_forget=config.testing
    )
    templating.init_app(app)
    features.load_models()
    features.load_jobs()
    web.init_web(app)
    wire.init_app(app)
    static.init_app(app, ROOT / "static", web.strict_headers(config))
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
    """Return the application for the settings in the environment, for the WSGI server.

    Each of its processes begins what runs beside serving, and makes itself ready for a rush.
    """
    app = create_app(read_config())
    templating.load_all(app)
    jobs.start_beside(app.extensions["proficiency.database"])
    return app


def _page_context() -> dict[str, object]:
    """What every page knows: who looks, the institution, and whether this is the demonstration."""
    from proficiency.pages.nav import navigation

    return {
        "current_actor": web.actor(),
        "institution": web.config().institution,
        "demo_mode": web.config().demo,
        "nav": lambda: navigation(web.actor()),
    }
