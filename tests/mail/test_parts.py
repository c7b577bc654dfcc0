from __future__ import annotations

import base64

import pytest

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.parse import parse
from tests.mail.raw import raw


def names(mail: IncomingMail) -> list[str]:
    return [part.filename for part in mail.attachments]


def multipart(*parts: str, kind: str = "mixed", end: str = "--b--\n") -> bytes:
    body = "".join(f"--b\n{part}\n" for part in parts)
    return raw(f"Content-Type: multipart/{kind}; boundary=b\n\npreamble\n{body}{end}epilogue\n")


TEXT = "Content-Type: text/plain\n\nhello\n"
HTML = "Content-Type: text/html\n\n<p>hello</p>\n"
PDF = "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nJVBERg==\n"


def test_text_and_attachments_of_a_plain_mixed_mail() -> None:
    mail = parse(multipart(TEXT, PDF))
    assert mail.text == "hello"
    assert (names(mail), mail.attachments[0].content) == (["a.pdf"], b"%PDF")
    assert mail.defects == ()


def test_the_last_part_counts_when_the_closing_boundary_is_missing() -> None:
    assert names(parse(multipart(TEXT, PDF, end=""))) == ["a.pdf"]


def test_a_part_after_a_closing_boundary_that_came_too_early_counts() -> None:
    assert names(parse(multipart(TEXT, end=f"--b--\n\n--b\n{PDF}\n--b--\n"))) == ["a.pdf"]


def test_a_boundary_that_begins_like_another_is_not_taken_for_it() -> None:
    inner = f"Content-Type: multipart/alternative; boundary=bb\n\n--bb\n{TEXT}\n--bb\n{HTML}\n--bb--\n"
    mail = parse(multipart(inner, PDF))
    assert (mail.text, mail.html, names(mail)) == ("hello", "<p>hello</p>\n", ["a.pdf"])


def test_a_multipart_without_boundary_lines_is_shown_as_text() -> None:
    mail = parse(raw("Content-Type: multipart/mixed; boundary=b\n\njust text\n"))
    assert mail.text == "just text"
    assert mail.defects == ("a multipart without parts",)


def test_a_boundary_whose_line_lost_its_indent_is_found() -> None:
    mail = parse(raw(f"Content-Type: multipart/mixed;\nboundary=b\n\n--b\n{TEXT}\n--b\n{PDF}\n--b--\n"))
    assert (mail.text, names(mail)) == ("hello", ["a.pdf"])


def test_attachments_inside_alternative_and_related_are_found() -> None:
    image = "Content-Type: image/png; name=i.png\nContent-ID: <i@x>\nContent-Transfer-Encoding: base64\n\niVBO\n"
    page = 'Content-Type: text/html\n\n<img src="cid:i@x">hello\n'
    related = f"Content-Type: multipart/related; boundary=r\n\n--r\n{page}\n--r\n{image}\n--r--\n"
    mail = parse(multipart(TEXT, related, PDF, kind="alternative"))
    assert names(mail) == ["i.png", "a.pdf"]
    assert [(part.inline, part.content_id) for part in mail.attachments] == [(True, "i@x"), (False, None)]
    assert 'src="cid:i@x"' in (mail.html or "")


def test_text_between_pictures_is_all_shown_as_apple_mail_means_it() -> None:
    image = "Content-Type: image/png; name=i.png\nContent-Disposition: inline\n\nx\n"
    mail = parse(multipart(TEXT, image, "Content-Type: text/plain\n\nand more\n"))
    assert mail.text == "hello\n\nand more"
    assert mail.attachments[0].inline


def test_a_named_text_behind_the_body_is_a_file() -> None:
    mail = parse(multipart(TEXT, "Content-Type: text/plain; name=log.txt\n\nlog\n"))
    assert (mail.text, names(mail)) == ("hello", ["log.txt"])


def test_a_text_marked_as_attachment_is_one_even_when_it_comes_first() -> None:
    mail = parse(multipart("Content-Type: text/plain\nContent-Disposition: attachment\n\nlog\n", TEXT))
    assert (mail.text, names(mail)) == ("hello", ["message.txt"])


def test_an_empty_plain_alternative_gives_way_to_the_html() -> None:
    mail = parse(multipart("Content-Type: text/plain\n\n \n", HTML, kind="alternative"))
    assert mail.text == "hello"


def test_a_mail_that_is_a_pdf_has_it_as_attachment() -> None:
    mail = parse(raw(PDF))
    assert (mail.text, names(mail)) == ("", ["a.pdf"])


def test_attached_mails_are_named_by_their_subject_and_not_opened() -> None:
    inner = "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe/x?=\nMessage-ID: <in@x>\n\ninner text\n"
    mail = parse(
        multipart(TEXT, f"Content-Type: message/rfc822\n\n{inner}", "Content-Type: message/rfc822\n\n\nno header")
    )
    assert names(mail) == ["Grüße_x.eml", "message.eml"]
    assert mail.text == "hello"
    assert mail.returned_ids == ("<in@x>",)


def test_a_base64_attached_mail_is_decoded() -> None:
    inner = base64.b64encode(b"Subject: inner\r\n\r\nhi").decode()
    mail = parse(multipart(TEXT, f"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{inner}\n"))
    assert (names(mail), mail.attachments[0].content) == (["inner.eml"], b"Subject: inner\r\n\r\nhi")


def test_parts_of_a_digest_are_mails_without_saying_so() -> None:
    mail = parse(multipart("\nSubject: one\n\ntext\n", "\nSubject: two\n\ntext\n", kind="digest"))
    assert names(mail) == ["one.eml", "two.eml"]


def test_an_invitation_in_an_alternative_is_kept_as_a_file() -> None:
    calendar = "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n"
    assert names(parse(multipart(TEXT, calendar, kind="alternative"))) == ["invitation.ics"]


def test_winmail_dat_is_kept_and_named_as_a_defect() -> None:
    mail = parse(multipart(TEXT, "Content-Type: application/ms-tnef\n\nx\n"))
    assert names(mail) == ["winmail.dat"]
    assert mail.defects == ("winmail.dat is kept, not opened",)


def test_quoted_printable_and_uuencode_are_decoded() -> None:
    quoted = (
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: Quoted-Printable\n\nGr=C3=BC=\n=C3=9Fe\n"
    )
    uu = "Content-Type: text/x; name=u\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 u\n%:&5L;&\\\n`\nend\n"
    mail = parse(multipart(quoted, uu))
    assert (mail.text, mail.attachments[0].content) == ("Grüße", b"hello")


@pytest.mark.parametrize("encoding", ["8bit", "binary", "unheard-of", "", "base64;", '"quoted-printable"'])
def test_no_transfer_encoding_loses_the_part(encoding: str) -> None:
    part = f"Content-Type: application/x; name=f\nContent-Transfer-Encoding: {encoding}\n\naGk=\n"
    assert parse(multipart(TEXT, part)).attachments[0].content in (b"aGk=\r\n", b"aGk=", b"hi", b"aGk")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("filename=../../etc/passwd", "passwd"),
        ("filename*=utf-8''..%2F..%2Fetc%2Fpasswd", "passwd"),
        ('filename="C:\\TEMP\\a.txt"', "a.txt"),
        ('filename="Q3/Q4.pdf"', "Q3_Q4.pdf"),
        ("filename*=utf-8''inv%E2%80%AEfdp.exe", "invfdp.exe"),
        ("filename*=utf-8''a%00%1B%0D%0Ab.txt", "a b.txt"),
        ('filename=".."', "attachment-1.bin"),
        ('filename=""', "attachment-1.bin"),
        ("x=y", "attachment-1.bin"),
        (f'filename="{"a" * 300}.pdf"', "a" * 196 + ".pdf"),
    ],
)
def test_file_names_are_harmless_to_show_and_never_empty(given: str, shown: str) -> None:
    part = f"Content-Type: application/octet-stream\nContent-Disposition: attachment; {given}\n\nx\n"
    assert names(parse(multipart(TEXT, part))) == [shown]


def test_two_files_of_one_name_are_both_kept() -> None:
    assert names(parse(multipart(TEXT, PDF, PDF))) == ["a.pdf", "a.pdf"]


def test_a_nameless_part_is_called_by_its_description_or_its_type() -> None:
    described = "Content-Type: text/csv\nContent-Description: List of rooms\n\nx\n"
    assert names(parse(multipart(TEXT, described, "Content-Type: image/jpeg\n\nx\n"))) == [
        "List of rooms.csv",
        "image.jpg",
    ]
