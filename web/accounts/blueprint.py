"""The blueprint of all account pages."""

from flask import Blueprint

blueprint = Blueprint("accounts", __name__)
