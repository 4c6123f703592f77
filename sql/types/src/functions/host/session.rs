//! The session: settings, sequences, advisory locks, identity, waiting.

use crate::functions::declare::functions;
use crate::kernel::Body;

const HOST: Body = Body::Host;

functions! {
    810 pg_client_encoding() -> NAME [stable] = HOST;
    1039 getdatabaseencoding() -> NAME [stable] = HOST;
    3810 pg_is_in_recovery() -> BOOL [volatile] = HOST;
    3073 pg_is_wal_replay_paused() -> BOOL [volatile] = HOST;
    2560 pg_postmaster_start_time() -> TIMESTAMPTZ [stable] = HOST;
    2034 pg_conf_load_time() -> TIMESTAMPTZ [stable] = HOST;
    2854 pg_my_temp_schema() -> OID [stable] = HOST;
    2855 pg_is_other_temp_schema(OID) -> BOOL [stable] = HOST;
    2197 inet_client_port() -> INT4 [stable, lax] = HOST;
    2199 inet_server_port() -> INT4 [stable, lax] = HOST;
    2026 pg_backend_pid() -> INT4 [stable] = HOST;
    2626 pg_sleep(FLOAT8) -> VOID [volatile] = HOST;
    3935 pg_sleep_for(INTERVAL) -> VOID [volatile] = HOST;
    3936 pg_sleep_until(TIMESTAMPTZ) -> VOID [volatile] = HOST;
    2943 txid_current() -> INT8 [stable] = HOST;
    3348 txid_current_if_assigned() -> INT8 [stable] = HOST;
    1574 nextval(REGCLASS) -> INT8 [volatile] = HOST;
    1575 currval(REGCLASS) -> INT8 [volatile] = HOST;
    1576 setval(REGCLASS, INT8) -> INT8 [volatile] = HOST;
    1765 setval(REGCLASS, INT8, BOOL) -> INT8 [volatile] = HOST;
    2559 lastval() -> INT8 [volatile] = HOST;
    2077 current_setting(TEXT) -> TEXT [stable] = HOST;
    3294 current_setting(TEXT, BOOL) -> TEXT [stable] = HOST;
    2078 set_config(TEXT, TEXT, BOOL) -> TEXT [volatile, lax] = HOST;
    89 version() -> TEXT [stable] = HOST;
    861 current_database() -> NAME [stable] = HOST;
    1402 current_schema() -> NAME [stable] = HOST;
    1403 current_schemas(BOOL) -> NAME_ARRAY [stable] = HOST;
    745 current_user() -> NAME [stable] = HOST;
    746 session_user() -> NAME [stable] = HOST;
    817 current_query() -> TEXT [volatile, lax] = HOST;
    710 getpgusername() -> NAME [stable] = HOST;
    2171 pg_cancel_backend(INT4) -> BOOL [volatile] = HOST;
    2096 pg_terminate_backend(INT4, INT8) -> BOOL [volatile, optional(1)] = HOST;
    2880 pg_advisory_lock(INT8) -> VOID [volatile] = HOST;
    2886 pg_advisory_lock(INT4, INT4) -> VOID [volatile] = HOST;
    2881 pg_advisory_lock_shared(INT8) -> VOID [volatile] = HOST;
    2887 pg_advisory_lock_shared(INT4, INT4) -> VOID [volatile] = HOST;
    2882 pg_try_advisory_lock(INT8) -> BOOL [volatile] = HOST;
    2888 pg_try_advisory_lock(INT4, INT4) -> BOOL [volatile] = HOST;
    2883 pg_try_advisory_lock_shared(INT8) -> BOOL [volatile] = HOST;
    2889 pg_try_advisory_lock_shared(INT4, INT4) -> BOOL [volatile] = HOST;
    2884 pg_advisory_unlock(INT8) -> BOOL [volatile] = HOST;
    2890 pg_advisory_unlock(INT4, INT4) -> BOOL [volatile] = HOST;
    2885 pg_advisory_unlock_shared(INT8) -> BOOL [volatile] = HOST;
    2891 pg_advisory_unlock_shared(INT4, INT4) -> BOOL [volatile] = HOST;
    2892 pg_advisory_unlock_all() -> VOID [volatile] = HOST;
    3089 pg_advisory_xact_lock(INT8) -> VOID [volatile] = HOST;
    3093 pg_advisory_xact_lock(INT4, INT4) -> VOID [volatile] = HOST;
    3090 pg_advisory_xact_lock_shared(INT8) -> VOID [volatile] = HOST;
    3094 pg_advisory_xact_lock_shared(INT4, INT4) -> VOID [volatile] = HOST;
    3091 pg_try_advisory_xact_lock(INT8) -> BOOL [volatile] = HOST;
    3095 pg_try_advisory_xact_lock(INT4, INT4) -> BOOL [volatile] = HOST;
    3092 pg_try_advisory_xact_lock_shared(INT8) -> BOOL [volatile] = HOST;
    3096 pg_try_advisory_xact_lock_shared(INT4, INT4) -> BOOL [volatile] = HOST;
    2561 pg_blocking_pids(INT4) -> INT4_ARRAY [volatile] = HOST;
    3163 pg_trigger_depth() -> INT4 [stable] = HOST;
    3036 pg_notify(TEXT, TEXT) -> VOID [volatile, lax] = HOST;
    2621 pg_reload_conf() -> BOOL [volatile] = HOST;
    3809 pg_export_snapshot() -> TEXT [volatile] = HOST;
    // PostgreSQL returns inet, which Cairn does not have.
    2196 inet_client_addr() -> TEXT [stable, lax] = HOST;
    2198 inet_server_addr() -> TEXT [stable, lax] = HOST;
}
