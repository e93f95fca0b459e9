"""The demo mailbox is shown at the machine itself, and only while mail is kept as files."""

import pytest
from django.core.mail import EmailMessage

from accounts.views.demo_mail import FILES
from tests.log_in import confirm_address

pytestmark = pytest.mark.django_db
PAGE = "/demo/mail/"


@pytest.fixture
def mailbox(settings, tmp_path):
    settings.EMAIL_BACKEND = FILES
    settings.EMAIL_FILE_PATH = tmp_path
    settings.ALLOWED_HOSTS = ["*"]
    return tmp_path


def post(subject: str, text: str) -> None:
    EmailMessage(subject, text, "from@example.org", ["alice@example.org"]).send()


def at_home(client, **more):
    return client.get(PAGE, headers={"host": "localhost:8000"}, **more)


def test_newest_mail_stands_first_with_links_that_can_be_followed(client, mailbox):
    post("First", "one")
    post("Sécond <b>", "Open https://localhost:8000/account/confirm-mail/abc:def/ now.\n" + "é" * 2000)
    page = at_home(client).content.decode()
    assert page.index("Sécond &lt;b&gt;") < page.index("First")
    assert 'href="https://localhost:8000/account/confirm-mail/abc:def/"' in page
    assert "Demo mailbox of this machine" in page


@pytest.mark.parametrize(
    "request_of",
    [
        lambda client: client.get(PAGE, headers={"host": "localhost"}, REMOTE_ADDR="192.0.2.7"),
        lambda client: client.get(PAGE, headers={"host": "trade.example"}),
        lambda client: client.get(PAGE, headers={"host": "localhost", "X-Forwarded-For": "192.0.2.7"}),
        lambda client: client.get(PAGE, headers={"host": "localhost", "Forwarded": "for=192.0.2.7"}),
        lambda client: client.get(PAGE, headers={"host": "localhost.evil.example"}),
    ],
    ids=["another address", "another host", "behind a proxy", "behind a modern proxy", "a name that looks like it"],
)
def test_nobody_else_finds_it(client, mailbox, request_of):
    post("Secret", "link")
    answer = request_of(client)
    assert answer.status_code == 404
    assert "Secret" not in answer.content.decode()


def test_it_is_not_there_when_mail_is_sent_for_real(client, mailbox, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert at_home(client).status_code == 404


def test_pages_that_say_a_mail_was_sent_lead_to_it_in_the_demo_alone(client, mailbox, alice, settings):
    confirm_address(alice)
    for page in ("/account/confirm-mail/", "/account/password/reset/sent/"):
        assert PAGE in client.get(page, headers={"host": "localhost"}).content.decode()
        assert PAGE not in client.get(page, headers={"host": "trade.example"}).content.decode()


def test_empty_mailbox_says_so(client, mailbox):
    assert "No mail yet" in at_home(client).content.decode()
