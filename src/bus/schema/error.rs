//! Why the registry does not do what it is asked, sorted by who has to act.

/// Why the registry does not do what it is asked. Texts of the registry's are bounded lines without our password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// It does not answer, or is out of order: try again.
    #[error("the schema registry at {host} is away: {cause}")]
    Away {
        /// Where it should be.
        host: String,
        /// What happened.
        cause: String,
    },
    /// It wants other credentials, or wants some at all: the operator has to give them.
    #[error("the schema registry at {host} refuses us ({status}): look at its user and password")]
    Refused {
        /// Where it is.
        host: String,
        /// 401, or 403 where the user may not do this.
        status: u16,
    },
    /// It takes no schemas or settings from us.
    #[error(
        "the schema registry at {host} is read-only for us, and subject {subject} needs {needs}"
    )]
    ReadOnly {
        /// Where it is.
        host: String,
        /// Of what.
        subject: String,
        /// What is to be written there by somebody who may.
        needs: &'static str,
    },
    /// The schema does not go with the ones before it: somebody else's records stand under this subject.
    #[error("subject {subject} does not take our schema: {said}")]
    Incompatible {
        /// Of what.
        subject: String,
        /// What the registry says.
        said: String,
    },
    /// The registry finds something wrong with the schema or the subject.
    #[error("the schema registry takes no such schema for subject {subject}: {said}")]
    Invalid {
        /// Of what.
        subject: String,
        /// What the registry says.
        said: String,
    },
    /// The level of compatibility was set, and is another one all the same.
    #[error(
        "subject {subject} has to be BACKWARD compatible, and the schema registry keeps it {level}"
    )]
    Level {
        /// Of what.
        subject: String,
        /// What was read back.
        level: String,
    },
    /// There is something else than a registry's API.
    #[error(
        "there is no schema registry at {url}: is this Confluent's API? Apicurio's is below /apis/ccompat/v7"
    )]
    WrongAddress {
        /// Where it was looked for.
        url: String,
    },
    /// The answer is not as agreed.
    #[error("the schema registry at {host} gave a strange answer: {said}")]
    Strange {
        /// Where it is.
        host: String,
        /// What is strange.
        said: String,
    },
}

impl RegistryError {
    /// Whether time alone may heal it.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            RegistryError::Away { .. } | RegistryError::Strange { .. } => true,
            RegistryError::Refused { .. }
            | RegistryError::ReadOnly { .. }
            | RegistryError::Incompatible { .. }
            | RegistryError::Invalid { .. }
            | RegistryError::Level { .. }
            | RegistryError::WrongAddress { .. } => false,
        }
    }
}
