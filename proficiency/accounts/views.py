"""Signing in and out, one's own account, and the people of the installation."""

from flask import Blueprint

bp = Blueprint("accounts", __name__)
