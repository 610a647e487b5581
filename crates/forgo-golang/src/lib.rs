//! What Go text means. No I/O: functions of strings and bytes.
