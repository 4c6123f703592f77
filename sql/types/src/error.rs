//! SQL errors: SQLSTATE, and PostgreSQL's primary message, detail, hint and position.

use std::fmt;

/// A five-character SQLSTATE. See PostgreSQL, appendix A.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SqlState(pub [u8; 5]);

impl SqlState {
    /// From its text, for constants: `SqlState::of(b"42P01")`.
    pub const fn of(code: &[u8; 5]) -> Self {
        Self(*code)
    }

    /// The five characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XX000")
    }
}

impl fmt::Debug for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error as the client sees it. Boxed, so that `Result<Datum, SqlError>` stays small.
#[derive(Clone, Debug)]
pub struct SqlError(Box<ErrorFields>);

/// The fields of an ErrorResponse.
#[derive(Clone, Debug)]
pub struct ErrorFields {
    /// SQLSTATE.
    pub state: SqlState,
    /// Primary message: lower case, no full stop.
    pub message: String,
    /// Detail: full sentences.
    pub detail: Option<String>,
    /// Hint: what to do about it.
    pub hint: Option<String>,
    /// Position in the statement's text: characters from 1.
    pub position: Option<u32>,
    /// Schema, table, column, type and constraint names, where PostgreSQL gives them.
    pub schema: Option<String>,
    /// See `schema`.
    pub table: Option<String>,
    /// See `schema`.
    pub column: Option<String>,
    /// See `schema`.
    pub constraint: Option<String>,
    /// Where it came from: lines such as `COPY t, line 2, column id: "x"`.
    pub context: Option<String>,
    /// Name of PostgreSQL's function that raises it, only where drivers decide by it.
    pub routine: Option<&'static str>,
    /// FATAL: the connection ends after this error.
    pub fatal: bool,
}

impl SqlError {
    /// An error with SQLSTATE and primary message.
    pub fn new(state: SqlState, message: impl Into<String>) -> Self {
        Self(Box::new(ErrorFields {
            state,
            message: message.into(),
            detail: None,
            hint: None,
            position: None,
            schema: None,
            table: None,
            column: None,
            constraint: None,
            context: None,
            routine: None,
            fatal: false,
        }))
    }

    /// `0A000`: not supported (yet).
    pub fn unsupported(what: impl fmt::Display) -> Self {
        Self::new(SqlState::FEATURE_NOT_SUPPORTED, format!("{what} is not supported"))
    }

    /// `0A000` with a message of its own.
    pub fn unsupported_message(message: impl Into<String>) -> Self {
        Self::new(SqlState::FEATURE_NOT_SUPPORTED, message)
    }

    /// `XX000`: a bug in Cairn.
    pub fn internal(what: impl Into<String>) -> Self {
        Self::new(SqlState::INTERNAL_ERROR, what)
    }

    /// All fields.
    pub fn fields(&self) -> &ErrorFields {
        &self.0
    }

    /// All fields, to change.
    pub fn fields_mut(&mut self) -> &mut ErrorFields {
        &mut self.0
    }

    /// SQLSTATE.
    pub fn state(&self) -> SqlState {
        self.0.state
    }

    /// With a detail sentence.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// With a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// With a line of context, unless it has one already.
    #[must_use]
    pub fn context(mut self, context: impl FnOnce() -> String) -> Self {
        self.0.context.get_or_insert_with(context);
        self
    }

    /// With a position (characters from 1), unless it has one already.
    #[must_use]
    pub fn at(mut self, position: u32) -> Self {
        self.0.position.get_or_insert(position);
        self
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.state.as_str(), self.0.message)
    }
}

impl std::error::Error for SqlError {}

macro_rules! states {
    ($($constant:ident = $code:literal;)*) => {
        impl SqlState {
            $(
                #[doc = concat!("SQLSTATE `", stringify!($code), "`")]
                pub const $constant: SqlState = SqlState::of($code);
            )*
        }
    };
}

states! {
    SUCCESSFUL_COMPLETION = b"00000";
    WARNING = b"01000";
    NO_DATA = b"02000";
    CONNECTION_EXCEPTION = b"08000";
    PROTOCOL_VIOLATION = b"08P01";
    TRANSACTION_RESOLUTION_UNKNOWN = b"08007";
    FEATURE_NOT_SUPPORTED = b"0A000";
    CARDINALITY_VIOLATION = b"21000";
    STRING_DATA_RIGHT_TRUNCATION = b"22001";
    NUMERIC_VALUE_OUT_OF_RANGE = b"22003";
    NULL_VALUE_NOT_ALLOWED = b"22004";
    INVALID_DATETIME_FORMAT = b"22007";
    DATETIME_FIELD_OVERFLOW = b"22008";
    INVALID_TIME_ZONE_DISPLACEMENT_VALUE = b"22009";
    SUBSTRING_ERROR = b"22011";
    DIVISION_BY_ZERO = b"22012";
    INTERVAL_FIELD_OVERFLOW = b"22015";
    INVALID_ARGUMENT_FOR_LOGARITHM = b"2201E";
    INVALID_ARGUMENT_FOR_POWER_FUNCTION = b"2201F";
    INVALID_ROW_COUNT_IN_LIMIT = b"2201W";
    INVALID_ROW_COUNT_IN_OFFSET = b"2201X";
    INVALID_REGULAR_EXPRESSION = b"2201B";
    CHARACTER_NOT_IN_REPERTOIRE = b"22021";
    INVALID_PARAMETER_VALUE = b"22023";
    INVALID_ESCAPE_SEQUENCE = b"22025";
    ARRAY_SUBSCRIPT_ERROR = b"2202E";
    INVALID_TEXT_REPRESENTATION = b"22P02";
    INVALID_BINARY_REPRESENTATION = b"22P03";
    BAD_COPY_FILE_FORMAT = b"22P04";
    UNTRANSLATABLE_CHARACTER = b"22P05";
    INTEGRITY_CONSTRAINT_VIOLATION = b"23000";
    NOT_NULL_VIOLATION = b"23502";
    FOREIGN_KEY_VIOLATION = b"23503";
    UNIQUE_VIOLATION = b"23505";
    CHECK_VIOLATION = b"23514";
    INVALID_CURSOR_STATE = b"24000";
    INVALID_TRANSACTION_STATE = b"25000";
    ACTIVE_SQL_TRANSACTION = b"25001";
    READ_ONLY_SQL_TRANSACTION = b"25006";
    NO_ACTIVE_SQL_TRANSACTION = b"25P01";
    IN_FAILED_SQL_TRANSACTION = b"25P02";
    INVALID_SQL_STATEMENT_NAME = b"26000";
    INVALID_AUTHORIZATION = b"28000";
    INVALID_PASSWORD = b"28P01";
    DEPENDENT_OBJECTS_STILL_EXIST = b"2BP01";
    INVALID_CURSOR_NAME = b"34000";
    INVALID_SAVEPOINT = b"3B001";
    INVALID_CATALOG_NAME = b"3D000";
    INVALID_SCHEMA_NAME = b"3F000";
    SERIALIZATION_FAILURE = b"40001";
    STATEMENT_COMPLETION_UNKNOWN = b"40003";
    DEADLOCK_DETECTED = b"40P01";
    SYNTAX_ERROR = b"42601";
    INSUFFICIENT_PRIVILEGE = b"42501";
    GROUPING_ERROR = b"42803";
    DATATYPE_MISMATCH = b"42804";
    WINDOWING_ERROR = b"42P20";
    INVALID_RECURSION = b"42P19";
    INVALID_FOREIGN_KEY = b"42830";
    INVALID_NAME = b"42602";
    NAME_TOO_LONG = b"42622";
    RESERVED_NAME = b"42939";
    CANNOT_COERCE = b"42846";
    INDETERMINATE_DATATYPE = b"42P18";
    WRONG_OBJECT_TYPE = b"42809";
    UNDEFINED_COLUMN = b"42703";
    UNDEFINED_FUNCTION = b"42883";
    UNDEFINED_TABLE = b"42P01";
    UNDEFINED_PARAMETER = b"42P02";
    UNDEFINED_OBJECT = b"42704";
    DUPLICATE_COLUMN = b"42701";
    DUPLICATE_CURSOR = b"42P03";
    DUPLICATE_PREPARED_STATEMENT = b"42P05";
    DUPLICATE_SCHEMA = b"42P06";
    DUPLICATE_TABLE = b"42P07";
    DUPLICATE_ALIAS = b"42712";
    DUPLICATE_OBJECT = b"42710";
    AMBIGUOUS_COLUMN = b"42702";
    AMBIGUOUS_FUNCTION = b"42725";
    INVALID_COLUMN_REFERENCE = b"42P10";
    INVALID_COLUMN_DEFINITION = b"42611";
    INVALID_TABLE_DEFINITION = b"42P16";
    INVALID_OBJECT_DEFINITION = b"42P17";
    OUT_OF_MEMORY = b"53200";
    DISK_FULL = b"53100";
    TOO_MANY_CONNECTIONS = b"53300";
    CONFIGURATION_LIMIT_EXCEEDED = b"53400";
    PROGRAM_LIMIT_EXCEEDED = b"54000";
    STATEMENT_TOO_COMPLEX = b"54001";
    TOO_MANY_COLUMNS = b"54011";
    OBJECT_NOT_IN_PREREQUISITE_STATE = b"55000";
    OBJECT_IN_USE = b"55006";
    CANT_CHANGE_RUNTIME_PARAM = b"55P02";
    LOCK_NOT_AVAILABLE = b"55P03";
    QUERY_CANCELED = b"57014";
    ADMIN_SHUTDOWN = b"57P01";
    CANNOT_CONNECT_NOW = b"57P03";
    IO_ERROR = b"58030";
    INTERNAL_ERROR = b"XX000";
    DATA_CORRUPTED = b"XX001";
}
