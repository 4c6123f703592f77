//! The model is an engine like any other.

use cairn_engine_testkit::ModelFactory;

cairn_engine_testkit::conformance_tests!(ModelFactory::new());
