"""U+0000 is in nothing anybody types, and PostgreSQL keeps it in no text: a request with it is refused at the door."""

from flask import Flask, abort, request

_NUL = "\0"


def _refuse_nul() -> None:
    texts = [request.path, *request.args.keys(), *request.form.keys()]
    texts += [value for values in (request.args, request.form) for _key, value in values.items(multi=True)]
    texts += [file.filename or "" for _key, file in request.files.items(multi=True)]
    if any(_NUL in text for text in texts) or (request.is_json and b"\\u0000" in request.get_data()):
        abort(400)


def init_characters(app: Flask) -> None:
    app.before_request(_refuse_nul)
