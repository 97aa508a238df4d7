"""Every noun of the business that has a table has its line in the glossary."""

from __future__ import annotations

import re
from pathlib import Path

from veza import tables

GLOSSARY = Path(__file__).parent.parent / "docs/glossary.md"
CALLED = {
    "ApiToken": "token",
    "ArtistMember": "member",
    "AudioVersion": "version",
    "ChannelSanction": "sanction",
    "AuditEntry": "audit log",
    "CodeBatch": "download code",
    "IdempotentAnswer": "idempotency key",
    "ImportRun": "import",
    "LedgerEntry": "ledger",
    "ListenBrainzAccount": "scrobble",
    "MessageReaction": "reaction",
    "PersonBlock": "block",
    "SearchDoc": "search document",
    "Link": "mailed link",
    "ModerationEntry": "moderation log",
    "Notice": "notice",
    "NoticePreference": "notice",
    "OutboxEvent": "event",
    "PersonRole": "role",
    "ProviderAccount": "restore guard",
    "ProviderAttempt": "attempt",
    "ProviderBreaker": "breaker",
    "ProviderPace": "pace",
    "RecoveryCode": "second factor",
    "SellerTransfer": "transfer",
    "SignIn": "sign-in",
    "StatusChange": "move",
    "StoredPalette": "palette",
    "Tagging": "tag",
    "Throttle": "limit",
    "TransferReversal": "reversal",
    "HiddenTrack": "hiding",
}
"""Mapped class → its word, where that is not the class's own name."""
PART_OF = {
    "BacklogSample": "figures of a moment, drawn as a chart",
    "CartItem": "a line of a cart",
    "ChannelMember": "a person of a channel",
    "ChatSetting": "who may write to a person",
    "DisputeFunds": "a line of a dispute",
    "GrantChange": "the history of a grant",
    "ImportedFile": "what an import remembers of a file",
    "ImportedRelease": "what an import remembers of a release",
    "MessageMention": "a person who is named in a message",
    "LineReturn": "a fact of what is owed",
    "ListPlace": "how far a list of the provider was read",
    "OperatorAction": "the history of a payment",
    "OrderLine": "the word is line",
    "PaymentLine": "the word is line",
    "Password": "as anywhere",
    "PlayTotal": "a sum of plays",
    "PlaylistItem": "a line of a playlist",
    "PlaylistPerson": "a person of a playlist",
    "ReceiptCounter": "the numbers of receipts",
    "RefundLine": "a line of a refund",
    "SearchCut": "a piece of a word of the index",
    "SearchRebuild": "how far a rebuild of the index is",
    "SearchWord": "a word of the index",
}
"""Mapped class → why it needs no word."""


def words() -> set[str]:
    """The words of the glossary; “claim (of an order)” is the word claim."""
    rows = re.findall(r"^\| ([^|]+?) \|", GLOSSARY.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r" \(.*\)", "", one) for one in rows} - {"word", "---"}


def test_every_mapped_class_has_a_word_or_is_a_part_of_what_has_one() -> None:
    classes = {one.class_.__name__ for one in tables.Base.registry.mappers}
    of_their_own = {re.sub(r"(?<=[a-z])(?=[A-Z])", " ", one).lower(): one for one in classes}
    named = {one for word, one in of_their_own.items() if word in words()}
    assert classes - named - CALLED.keys() == PART_OF.keys()
    assert {name: word for name, word in CALLED.items() if word not in words() or name not in classes} == {}


def test_no_word_has_two_meanings_that_are_not_told_apart() -> None:
    rows = re.findall(r"^\| ([^|]+?) \|", GLOSSARY.read_text("utf-8"), re.MULTILINE)
    entries = [one for one in rows if one not in ("word", "---")]
    assert sorted(entries) == sorted(set(entries))
