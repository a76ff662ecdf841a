use proptest::prelude::*;

use super::*;
use crate::notify::email::reply::tests::reply;

/// What becomes of it, without its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    Wait(Duration),
    Away,
    Ours,
    Again,
    Refused,
    Policy,
    Barred,
    Gone,
}

use Means::{Again, Away, Barred, Gone, Ours, Policy, Refused, Wait};

const NOTHING: Hidden<'_> = Hidden { to: None, secrets: &[] };

fn error(step: Step, line: &str) -> SendError {
    let failure = Failure::Refused { step, reply: reply(&format!("{line}\r\n")) };
    classify(&failure, NOTHING)
}

#[track_caller]
fn check(steps: &[Step], cases: &[(&str, Means)]) {
    for step in steps {
        for (line, expected) in cases {
            let found = match error(*step, line) {
                SendError::Deferred { at_least, .. } => Wait(at_least),
                SendError::Unreachable(_) => Away,
                SendError::Unauthorized(_) => Ours,
                SendError::Transient(_) => Again,
                SendError::Rejected(_) => Refused,
                SendError::Policy(_) => Policy,
                SendError::Barred(_) => Barred,
                SendError::Gone(_) => Gone,
                other => panic!("{step:?}, {line}: {other:?}"),
            };
            assert_eq!(found, *expected, "{step:?}: {line}");
        }
    }
}

#[test]
fn a_server_that_turns_us_away_is_not_there() {
    check(
        &[Step::Greeting, Step::Hello, Step::StartTls, Step::Reset],
        &[
            ("421 4.3.2 service not available", Away),
            ("451 try later", Away),
            ("454 4.7.0 TLS not available", Away),
            ("554 5.7.1 your address is blocked", Away),
            ("502 command not implemented", Away),
        ],
    );
}

#[test]
fn a_refused_password_is_ours_and_a_server_that_can_not_tell_is_away() {
    check(
        &[Step::SignIn],
        &[
            ("535 5.7.8 authentication credentials invalid", Ours),
            ("534 5.7.9 mechanism too weak", Ours),
            ("530 5.7.0 must issue STARTTLS first", Ours),
            ("504 unrecognised mechanism", Ours),
            ("454 4.7.0 temporary authentication failure", Away),
            ("421 4.7.0 too many attempts", Away),
        ],
    );
}

#[test]
fn a_refused_sender_is_the_same_for_all_mails() {
    check(
        &[Step::Sender],
        &[
            ("553 5.7.1 sender address rejected: not owned by user", Ours),
            ("550 5.1.8 domain of sender does not exist", Ours),
            ("501 bad sender", Ours),
            ("550 no", Ours),
            ("530 5.7.0 authentication required", Ours),
            ("421 4.7.0 too many messages", Away),
            ("451 4.3.0 local error", Away),
            ("452 4.3.1 insufficient storage", Away),
            ("550 5.4.5 daily sending quota exceeded", Away),
            ("552 5.3.4 message too big", Refused),
            ("552 too big", Refused),
            ("553 5.6.7 no SMTPUTF8", Refused),
        ],
    );
}

#[test]
fn not_now_means_this_recipient_and_minutes() {
    check(
        &[Step::Recipient, Step::Data, Step::Content, Step::End],
        &[
            ("450 4.7.1 greylisted, please try again later", Wait(BUSY)),
            ("450 4.2.1 mailbox busy", Wait(BUSY)),
            ("451 4.3.0 local error", Wait(BUSY)),
            ("451 try later", Wait(BUSY)),
            ("421 4.7.0 [TSS04] deferred", Wait(BUSY)),
            ("452 too many recipients", Wait(FULL)),
            ("452 4.2.2 mailbox full", Wait(FULL)),
            ("452 4.3.1 insufficient storage", Wait(FULL)),
            ("550 5.4.5 daily quota exceeded", Wait(FULL)),
        ],
    );
}

#[test]
fn an_enhanced_code_says_whether_there_is_nobody() {
    check(
        &[Step::Recipient, Step::Data, Step::Content, Step::End],
        &[
            ("550 5.1.1 no such user here", Gone),
            ("550 5.1.2 no such host", Gone),
            ("501 5.1.3 bad address", Gone),
            ("551 5.1.6 has moved", Gone),
            ("556 5.1.10 the domain takes no mail", Gone),
            ("554 5.2.1 disabled", Gone),
            ("552 5.2.2 mailbox full", Barred),
            ("550 5.2.0 something of the mailbox", Barred),
            ("550 5.4.1 no answer from host", Barred),
            ("554 5.4.6 routing loop", Barred),
            ("550 5.1.8 bad sender", Policy),
            ("550 5.2.3 too long", Refused),
            ("552 5.3.4 too big", Refused),
            ("501 5.5.4 invalid arguments", Refused),
            ("554 5.6.0 bad content", Refused),
            ("550 5.7.1 message refused by policy", Policy),
            ("550 5.7.26 unauthenticated", Policy),
            ("550 5.7.515 access denied", Policy),
            ("554 5.7.1 relay access denied", Policy),
            ("550 5.0.0 no", Refused),
            ("550 5.1.0 address rejected", Refused),
            ("535 5.7.8 who are you", Again),
            ("530 5.7.0 sign in first", Again),
        ],
    );
}

#[test]
fn a_code_alone_is_about_the_address_until_the_mail_was_sent() {
    check(
        &[Step::Recipient],
        &[
            ("550 no such user", Gone),
            ("550", Gone),
            ("550 4.1.1 odd", Gone),
            ("551 not here", Gone),
            ("553 mailbox name not allowed by syntax", Gone),
            ("521 takes no mail", Gone),
            ("556 takes no mail", Gone),
            ("552 over quota", Barred),
            ("554 no", Refused),
            ("500 what?", Refused),
            ("550 blocked using zen.spamhaus.org", Policy),
            ("554 blocked using zen.spamhaus.org", Policy),
            ("550 Access Denied", Policy),
            ("550 your IP has a poor reputation", Policy),
            ("550 SPF check failed", Policy),
        ],
    );
    check(
        &[Step::Data, Step::Content, Step::End],
        &[
            ("550 no", Refused),
            ("551 no", Refused),
            ("553 no", Refused),
            ("554 no", Refused),
            ("521 no", Refused),
            ("552 no room", Barred),
        ],
    );
}

#[test]
fn a_lost_connection_means_all_mails_then_this_one_and_then_nobody_knows() {
    let lost = |step: Step| {
        let failure =
            Failure::Lost { step, cause: "the mail server closed the connection".to_owned() };
        classify(&failure, NOTHING)
    };
    for step in [
        Step::Connect,
        Step::Greeting,
        Step::Hello,
        Step::StartTls,
        Step::Tls,
        Step::SignIn,
        Step::Sender,
    ] {
        assert!(matches!(lost(step), SendError::Unreachable(_)), "{step:?}");
    }
    for step in [Step::Recipient, Step::Data, Step::Content] {
        assert!(matches!(lost(step), SendError::Transient(_)), "{step:?}");
    }
    let text = "the mail server closed the connection, at the final dot".to_owned();
    assert_eq!(lost(Step::End), SendError::Ambiguous(text));
}

#[test]
fn what_can_not_be_kept_from_others_is_not_sent() {
    assert!(matches!(classify(&Failure::NoTls, NOTHING), SendError::Unreachable(_)));
    let wrong = Failure::Certificate("not valid for name \"x\"".to_owned());
    assert!(matches!(classify(&wrong, NOTHING), SendError::Unreachable(_)));
    assert!(matches!(classify(&Failure::NoSignIn, NOTHING), SendError::Unauthorized(_)));
    assert!(matches!(classify(&Failure::SenderNotAscii, NOTHING), SendError::Unauthorized(_)));
    assert!(matches!(classify(&Failure::RecipientNotAscii, NOTHING), SendError::Barred(_)));
    assert!(matches!(classify(&Failure::Busy, NOTHING), SendError::Held { .. }));
}

#[test]
fn a_used_connection_is_given_up_for_what_a_new_one_may_cure() {
    let refused =
        |step: Step, line: &str| Failure::Refused { step, reply: reply(&format!("{line}\r\n")) };
    let lost = |step: Step| Failure::Lost { step, cause: String::new() };
    for cured in [
        lost(Step::Reset),
        lost(Step::Sender),
        lost(Step::Content),
        refused(Step::Sender, "421 x"),
        refused(Step::Reset, "500 x"),
        refused(Step::Data, "421 x"),
    ] {
        assert!(cured.is_of_the_connection(), "{cured:?}");
    }
    // A second mail would be a second mail.
    for other in [
        lost(Step::End),
        refused(Step::End, "421 x"),
        refused(Step::Sender, "451 x"),
        refused(Step::Recipient, "550 x"),
        Failure::NoTls,
    ] {
        assert!(!other.is_of_the_connection(), "{other:?}");
    }
}

#[test]
fn a_mail_that_is_too_large_is_told_apart() {
    let is_of_the_size = |step: Step, line: &str| {
        Failure::Refused { step, reply: reply(&format!("{line}\r\n")) }.is_of_the_size()
    };
    assert!(is_of_the_size(Step::End, "552 5.3.4 too big"));
    assert!(is_of_the_size(Step::Content, "552 too big"));
    assert!(is_of_the_size(Step::End, "550 5.2.3 too long"));
    assert!(!is_of_the_size(Step::End, "552 5.2.2 mailbox full"));
    assert!(!is_of_the_size(Step::Recipient, "552 over quota"));
    assert!(!is_of_the_size(Step::End, "550 5.7.1 no"));
}

#[test]
fn an_answer_is_told_without_the_address_and_without_the_password() {
    let to = "ana@example.org".parse().unwrap();
    let secrets = [SecretString::from("s3cret")];
    let hidden = Hidden { to: Some(&to), secrets: &secrets };
    let lines = "550-5.1.1 <ana@EXAMPLE.org> (Ana@example.org): unknown,\r\n550 5.1.1 s3cret\x07 \x1b[31m\r\n";
    let failure = Failure::Refused { step: Step::Recipient, reply: reply(lines) };
    let text = "550 5.1.1 <a…@example.org> (a…@example.org): unknown, …   [31m".to_owned();
    assert_eq!(classify(&failure, hidden), SendError::Gone(text));
    let long = format!("554 {}\r\n", "x".repeat(3000));
    let failure = Failure::Refused { step: Step::End, reply: reply(&long) };
    assert!(classify(&failure, hidden).to_string().chars().count() < 400);
}

proptest! {
    #[test]
    fn no_answer_holds_the_address_or_a_second_line(words in "\\PC{0,60}", code in 400u16..600) {
        let to: EmailAddress = "ana@example.org".parse().unwrap();
        let lines = format!("{code} {words} ANA@example.org {words}\r\n");
        for step in [Step::Recipient, Step::End] {
            let failure = Failure::Refused { step, reply: reply(&lines) };
            let text = classify(&failure, Hidden { to: Some(&to), secrets: &[] }).to_string();
            prop_assert!(!text.to_lowercase().contains("ana@example.org") && !text.contains('\n'), "{}", text);
        }
    }
}
