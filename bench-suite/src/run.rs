//! What one run of the suite found: the JSON file.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::BenchError;
use crate::machine::Machine;
use crate::meter::Meter;
use crate::stats;

/// One run: where, of what, and all samples.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// Which workload: `pgbench`, `log`, ...
    pub suite: String,
    /// When it began, UTC, RFC 3339.
    pub started: String,
    /// Seed of everything random in it.
    pub seed: u64,
    /// Where it was measured.
    pub machine: Machine,
    /// Options of the run, as given or by default.
    pub options: String,
    /// Who was measured.
    pub subjects: Vec<Subject>,
    /// What a reader has to know: subjects left out, failures.
    pub notes: Vec<String>,
    /// All figures.
    pub series: Vec<Series>,
}

/// Somebody who is measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Name in all tables.
    pub name: String,
    /// Version, as the subject says it.
    pub version: String,
    /// Ours, or one that ours are compared with.
    pub peer: bool,
}

/// One metric of one subject in one case, a sample per round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The case: what was varied, in the order of importance.
    pub case: Vec<(String, String)>,
    /// A name of [`Run::subjects`].
    pub subject: String,
    /// What was measured.
    pub metric: Metric,
    /// One figure a round.
    pub samples: Vec<f64>,
}

/// What a figure means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metric {
    /// Short name with the unit: `tps`, `p99 us`.
    pub name: String,
    /// Which way is good.
    pub better: Better,
}

/// Which way is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

impl Metric {
    /// A metric of which more is better.
    pub fn higher(name: &str) -> Self {
        Self { name: name.to_owned(), better: Better::Higher }
    }

    /// A metric of which less is better.
    pub fn lower(name: &str) -> Self {
        Self { name: name.to_owned(), better: Better::Lower }
    }
}

impl Series {
    /// The median of the rounds.
    pub fn median(&self) -> f64 {
        stats::median(&self.samples)
    }

    /// The case as one text: `script=tpcb-like clients=8`.
    pub fn case_text(&self) -> String {
        case_text(&self.case)
    }
}

/// A case as one text.
pub fn case_text(case: &[(String, String)]) -> String {
    let parts: Vec<String> = case.iter().map(|(key, value)| format!("{key}={value}")).collect();
    parts.join(" ")
}

impl Run {
    /// A run that begins now and has measured nothing yet.
    pub fn begin(suite: &str, seed: u64, options: &str, machine: Machine) -> Self {
        Self {
            suite: suite.to_owned(),
            started: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            seed,
            machine,
            options: options.to_owned(),
            subjects: Vec::new(),
            notes: Vec::new(),
            series: Vec::new(),
        }
    }

    /// Adds a sample to its series.
    pub fn add(&mut self, case: &[(String, String)], subject: &str, metric: &Metric, sample: f64) {
        let found = self
            .series
            .iter_mut()
            .find(|series| series.subject == subject && series.metric == *metric && series.case == case);
        match found {
            Some(series) => series.samples.push(sample),
            None => self.series.push(Series {
                case: case.to_vec(),
                subject: subject.to_owned(),
                metric: metric.clone(),
                samples: vec![sample],
            }),
        }
    }

    /// Adds all times that a meter has taken.
    pub fn take(&mut self, case: &[(String, String)], subject: &str, meter: Meter) {
        if let Meter::Timing(found) = meter {
            for (metric, sample) in found {
                self.add(case, subject, &metric, sample);
            }
        }
    }

    /// The series of a subject for the same case and metric.
    pub fn beside(&self, series: &Series, subject: &str) -> Option<&Series> {
        let same =
            |other: &&Series| other.subject == subject && other.metric == series.metric && other.case == series.case;
        self.series.iter().find(same)
    }

    /// Names of the peers.
    pub fn peers(&self) -> impl Iterator<Item = &str> {
        self.subjects.iter().filter(|subject| subject.peer).map(|subject| subject.name.as_str())
    }

    /// Whether a subject is compared with, not compared.
    pub fn is_peer(&self, name: &str) -> bool {
        self.peers().any(|peer| peer == name)
    }

    /// The cases, in the order in which they were first measured.
    pub fn cases(&self) -> Vec<Vec<(String, String)>> {
        let mut cases: Vec<Vec<(String, String)>> = Vec::new();
        for series in &self.series {
            if !cases.contains(&series.case) {
                cases.push(series.case.clone());
            }
        }
        cases
    }

    /// Writes the file `SUITE-TIME-COMMIT.json` into a directory. Returns its path.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, directory: &Path) -> Result<PathBuf, BenchError> {
        std::fs::create_dir_all(directory).map_err(BenchError::io("create", directory))?;
        let time: String = self.started.chars().filter(char::is_ascii_digit).take(14).collect();
        let commit: String = self.machine.commit.chars().take(8).collect();
        let path = directory.join(format!("{}-{time}-{commit}.json", self.suite));
        let text = serde_json::to_string_pretty(self).expect("a run is plain data");
        std::fs::write(&path, text + "\n").map_err(BenchError::io("write", &path))?;
        Ok(path)
    }

    /// Reads a file that [`Self::save`] wrote.
    ///
    /// # Errors
    /// If it cannot be read, or is something else.
    pub fn load(path: &Path) -> Result<Self, BenchError> {
        let text = std::fs::read_to_string(path).map_err(BenchError::io("read", path))?;
        serde_json::from_str(&text).map_err(|source| BenchError::Result { file: path.display().to_string(), source })
    }
}
