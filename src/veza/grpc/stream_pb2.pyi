from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AuthorizeRequest(_message.Message):
    __slots__ = ("listener", "link", "session_id")
    LISTENER_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    listener: Listener
    link: str
    session_id: str
    def __init__(self, listener: _Optional[_Union[Listener, _Mapping]] = ..., link: _Optional[str] = ..., session_id: _Optional[str] = ...) -> None: ...

class Listener(_message.Message):
    __slots__ = ("track_id", "authorization", "cookie", "address", "preview", "order_token")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHORIZATION_FIELD_NUMBER: _ClassVar[int]
    COOKIE_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    ORDER_TOKEN_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    authorization: str
    cookie: str
    address: str
    preview: bool
    order_token: str
    def __init__(self, track_id: _Optional[str] = ..., authorization: _Optional[str] = ..., cookie: _Optional[str] = ..., address: _Optional[str] = ..., preview: _Optional[bool] = ..., order_token: _Optional[str] = ...) -> None: ...

class AuthorizeResponse(_message.Message):
    __slots__ = ("part", "version_id", "session", "links", "rung", "track_lufs", "release_lufs")
    class Part(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        PART_UNSPECIFIED: _ClassVar[AuthorizeResponse.Part]
        WHOLE: _ClassVar[AuthorizeResponse.Part]
        PREVIEW: _ClassVar[AuthorizeResponse.Part]
    PART_UNSPECIFIED: AuthorizeResponse.Part
    WHOLE: AuthorizeResponse.Part
    PREVIEW: AuthorizeResponse.Part
    class LinksEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PART_FIELD_NUMBER: _ClassVar[int]
    VERSION_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    RUNG_FIELD_NUMBER: _ClassVar[int]
    TRACK_LUFS_FIELD_NUMBER: _ClassVar[int]
    RELEASE_LUFS_FIELD_NUMBER: _ClassVar[int]
    part: AuthorizeResponse.Part
    version_id: str
    session: Session
    links: _containers.ScalarMap[str, str]
    rung: str
    track_lufs: float
    release_lufs: float
    def __init__(self, part: _Optional[_Union[AuthorizeResponse.Part, str]] = ..., version_id: _Optional[str] = ..., session: _Optional[_Union[Session, _Mapping]] = ..., links: _Optional[_Mapping[str, str]] = ..., rung: _Optional[str] = ..., track_lufs: _Optional[float] = ..., release_lufs: _Optional[float] = ...) -> None: ...

class Session(_message.Message):
    __slots__ = ("id", "track_id", "version_id", "person_id", "started_at_ms", "expires_at_ms", "is_staff", "ended_at_ms", "claim_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_ID_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_MS_FIELD_NUMBER: _ClassVar[int]
    IS_STAFF_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    CLAIM_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    track_id: str
    version_id: str
    person_id: str
    started_at_ms: int
    expires_at_ms: int
    is_staff: bool
    ended_at_ms: int
    claim_id: str
    def __init__(self, id: _Optional[str] = ..., track_id: _Optional[str] = ..., version_id: _Optional[str] = ..., person_id: _Optional[str] = ..., started_at_ms: _Optional[int] = ..., expires_at_ms: _Optional[int] = ..., is_staff: _Optional[bool] = ..., ended_at_ms: _Optional[int] = ..., claim_id: _Optional[str] = ...) -> None: ...

class GetTrackRequest(_message.Message):
    __slots__ = ("track_id", "version_id")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_ID_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    version_id: str
    def __init__(self, track_id: _Optional[str] = ..., version_id: _Optional[str] = ...) -> None: ...

class Track(_message.Message):
    __slots__ = ("id", "title", "artist_id", "audio")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    ARTIST_ID_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: str
    artist_id: str
    audio: Audio
    def __init__(self, id: _Optional[str] = ..., title: _Optional[str] = ..., artist_id: _Optional[str] = ..., audio: _Optional[_Union[Audio, _Mapping]] = ...) -> None: ...

class Audio(_message.Message):
    __slots__ = ("version_id", "samples", "rate", "prefix", "made_at_ms", "renditions", "preview")
    VERSION_ID_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    MADE_AT_MS_FIELD_NUMBER: _ClassVar[int]
    RENDITIONS_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    version_id: str
    samples: int
    rate: int
    prefix: str
    made_at_ms: int
    renditions: _containers.RepeatedCompositeFieldContainer[Rendition]
    preview: Rendition
    def __init__(self, version_id: _Optional[str] = ..., samples: _Optional[int] = ..., rate: _Optional[int] = ..., prefix: _Optional[str] = ..., made_at_ms: _Optional[int] = ..., renditions: _Optional[_Iterable[_Union[Rendition, _Mapping]]] = ..., preview: _Optional[_Union[Rendition, _Mapping]] = ...) -> None: ...

class Rendition(_message.Message):
    __slots__ = ("rung", "codecs", "rate", "samples", "priming_samples", "padding_samples", "init_bytes", "size_bytes", "progressive_bytes", "average_bitrate", "peak_bitrate", "segments")
    RUNG_FIELD_NUMBER: _ClassVar[int]
    CODECS_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    PRIMING_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    PADDING_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    INIT_BYTES_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    PROGRESSIVE_BYTES_FIELD_NUMBER: _ClassVar[int]
    AVERAGE_BITRATE_FIELD_NUMBER: _ClassVar[int]
    PEAK_BITRATE_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    rung: str
    codecs: str
    rate: int
    samples: int
    priming_samples: int
    padding_samples: int
    init_bytes: int
    size_bytes: int
    progressive_bytes: int
    average_bitrate: int
    peak_bitrate: int
    segments: _containers.RepeatedCompositeFieldContainer[Segment]
    def __init__(self, rung: _Optional[str] = ..., codecs: _Optional[str] = ..., rate: _Optional[int] = ..., samples: _Optional[int] = ..., priming_samples: _Optional[int] = ..., padding_samples: _Optional[int] = ..., init_bytes: _Optional[int] = ..., size_bytes: _Optional[int] = ..., progressive_bytes: _Optional[int] = ..., average_bitrate: _Optional[int] = ..., peak_bitrate: _Optional[int] = ..., segments: _Optional[_Iterable[_Union[Segment, _Mapping]]] = ...) -> None: ...

class Segment(_message.Message):
    __slots__ = ("offset", "size", "duration_samples", "start_samples")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    DURATION_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    START_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    offset: int
    size: int
    duration_samples: int
    start_samples: int
    def __init__(self, offset: _Optional[int] = ..., size: _Optional[int] = ..., duration_samples: _Optional[int] = ..., start_samples: _Optional[int] = ...) -> None: ...

class WatchProcessingRequest(_message.Message):
    __slots__ = ("track_id",)
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    def __init__(self, track_id: _Optional[str] = ...) -> None: ...

class Processing(_message.Message):
    __slots__ = ("version_id", "status", "stage", "share", "reason")
    VERSION_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    version_id: str
    status: str
    stage: str
    share: float
    reason: str
    def __init__(self, version_id: _Optional[str] = ..., status: _Optional[str] = ..., stage: _Optional[str] = ..., share: _Optional[float] = ..., reason: _Optional[str] = ...) -> None: ...

class ListSessionsRequest(_message.Message):
    __slots__ = ("track_id", "person_id", "page_size", "page_token")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    person_id: str
    page_size: int
    page_token: str
    def __init__(self, track_id: _Optional[str] = ..., person_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSessionsResponse(_message.Message):
    __slots__ = ("sessions", "next_page_token")
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    sessions: _containers.RepeatedCompositeFieldContainer[Session]
    next_page_token: str
    def __init__(self, sessions: _Optional[_Iterable[_Union[Session, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchSessionsRequest(_message.Message):
    __slots__ = ("track_id", "person_id")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    person_id: str
    def __init__(self, track_id: _Optional[str] = ..., person_id: _Optional[str] = ...) -> None: ...

class SessionEvent(_message.Message):
    __slots__ = ("kind", "session")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[SessionEvent.Kind]
        LASTS: _ClassVar[SessionEvent.Kind]
        BEGUN: _ClassVar[SessionEvent.Kind]
        ENDED: _ClassVar[SessionEvent.Kind]
    KIND_UNSPECIFIED: SessionEvent.Kind
    LASTS: SessionEvent.Kind
    BEGUN: SessionEvent.Kind
    ENDED: SessionEvent.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    kind: SessionEvent.Kind
    session: Session
    def __init__(self, kind: _Optional[_Union[SessionEvent.Kind, str]] = ..., session: _Optional[_Union[Session, _Mapping]] = ...) -> None: ...

class EndSessionRequest(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    def __init__(self, session_id: _Optional[str] = ...) -> None: ...

class ReportPlaysRequest(_message.Message):
    __slots__ = ("reports",)
    class Report(_message.Message):
        __slots__ = ("session_id", "heard_ms", "network")
        SESSION_ID_FIELD_NUMBER: _ClassVar[int]
        HEARD_MS_FIELD_NUMBER: _ClassVar[int]
        NETWORK_FIELD_NUMBER: _ClassVar[int]
        session_id: str
        heard_ms: int
        network: str
        def __init__(self, session_id: _Optional[str] = ..., heard_ms: _Optional[int] = ..., network: _Optional[str] = ...) -> None: ...
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    reports: _containers.RepeatedCompositeFieldContainer[ReportPlaysRequest.Report]
    def __init__(self, reports: _Optional[_Iterable[_Union[ReportPlaysRequest.Report, _Mapping]]] = ...) -> None: ...

class ReportPlaysResponse(_message.Message):
    __slots__ = ("verdicts",)
    class VerdictsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    verdicts: _containers.ScalarMap[str, str]
    def __init__(self, verdicts: _Optional[_Mapping[str, str]] = ...) -> None: ...
