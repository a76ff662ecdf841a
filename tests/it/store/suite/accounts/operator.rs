//! Whoever runs this installation: whoever is linked with them has no limits, for as long.

use super::*;

impl Bench {
    /// Whoever opened the first invitation.
    async fn operator_at(&self, person: &str) {
        let (code, expires_at) = ("the first".to_owned(), self.now().plus(DAY));
        let made_by = Owner::Operator;
        self.edit(Edit::Invite { code: code.clone(), made_by, expires_at, per_day: None }).await;
        let edit = Edit::BecomeOperator { person: at(person), code };
        assert_eq!(self.edit(edit).await, Edited::Done(1));
    }

    /// Whom the configuration names: what they do is the operator's.
    async fn named_operator_at(&self, person: &str) {
        self.watch(person, "views any").await;
    }

    async fn operators(&self, by_invitation: bool, person: &str) {
        if by_invitation {
            self.operator_at(person).await;
        } else {
            self.named_operator_at(person).await;
        }
    }
}

#[tokio::test]
async fn whoever_is_linked_with_the_operator_has_no_limits_until_they_are_not() {
    for by_invitation in [true, false] {
        for code_of_the_operator in [true, false] {
            for who_leaves in [PHONE, ANA] {
                let bench = Bench::new();
                bench.operators(by_invitation, ANA).await;
                bench.theirs_at(PHONE, VIDEO).await;
                bench.theirs_at("telegram:5", VIDEO).await;
                bench.brought_in(GROUP, PHONE, 9).await;
                bench.theirs_at(GROUP, VIDEO).await;
                let (one, other) = if code_of_the_operator { (ANA, PHONE) } else { (PHONE, ANA) };
                bench.link(one, other).await;
                bench.confirmed(PHONE, MAIL).await;
                bench.link(ANA, BEN).await;
                for to in [ANA, PHONE, MAIL, BEN, GROUP] {
                    assert!(!bench.is_limited(to).await, "{to}");
                }
                let case = format!("{by_invitation} {code_of_the_operator} {who_leaves}");
                let edited = bench
                    .edit(Edit::Unlink {
                        address: at(who_leaves),
                        is_in: true,
                        others_are_in: true,
                    })
                    .await;
                assert!(matches!(edited, Edited::Unlinked { is_in: true, .. }), "{case}");
                assert!(!bench.is_limited(ANA).await, "{case}");
                assert!(bench.is_limited(PHONE).await, "{case}");
                // What stays linked with the operator stays so.
                let is_out = who_leaves == ANA;
                for to in [MAIL, BEN] {
                    assert_eq!(bench.is_limited(to).await, is_out, "{case} {to}");
                }
                let operator = bench.store().operator().await.unwrap();
                let of_ana = bench.addresses(ANA).await.remove(0);
                assert_eq!(operator, by_invitation.then(|| at(&of_ana)), "{case}");
                bench.sums();
            }
        }
    }
}

#[tokio::test]
async fn a_group_of_whoever_leaves_the_operator_has_limits_again() {
    for by_invitation in [true, false] {
        let bench = Bench::new();
        bench.operators(by_invitation, ANA).await;
        bench.let_in(PHONE).await;
        bench.link(ANA, PHONE).await;
        bench.brought_in(GROUP, PHONE, 9).await;
        bench.watch(GROUP, "views any").await;
        assert!(!bench.is_limited(GROUP).await);
        bench.unlink(PHONE).await;
        assert!(bench.is_limited(GROUP).await);
        let brought_by = bench.store().person(&at(GROUP)).await.unwrap().unwrap().brought_by;
        assert_eq!(brought_by, Some(at(PHONE)));
    }
}

#[tokio::test]
async fn whoever_becomes_the_operator_has_no_limits_at_their_other_addresses_either() {
    let bench = Bench::new();
    bench.theirs_at(PHONE, VIDEO).await;
    bench.link(PHONE, ANA).await;
    bench.operator_at(ANA).await;
    assert!(!bench.is_limited(PHONE).await);
    bench.unlink(ANA).await;
    assert_eq!(bench.store().operator().await.unwrap(), Some(at(ANA)));
    assert!(bench.is_limited(PHONE).await && !bench.is_limited(ANA).await);
}

#[tokio::test]
async fn no_right_is_left_behind_by_erasing() {
    for by_invitation in [true, false] {
        let bench = Bench::new();
        bench.operators(by_invitation, ANA).await;
        bench.link(ANA, PHONE).await;
        bench.confirmed(ANA, MAIL).await;
        bench.brought_in(GROUP, PHONE, 9).await;
        bench.watch(GROUP, "views any").await;
        assert!(matches!(bench.erase(PHONE).await, Edited::Erased { .. }));
        assert_eq!(bench.store().operator().await.unwrap(), None);
        for to in [ANA, PHONE, MAIL, GROUP] {
            assert!(bench.is_limited(to).await, "{to}");
        }
    }
}

#[tokio::test]
async fn a_place_that_counted_for_somebody_who_is_erased_counts_for_itself() {
    let bench = Bench::new();
    bench.brought_in(GROUP, ANA, 9).await;
    bench.theirs_at(GROUP, VIDEO).await;
    // It is out, and its watches are there.
    bench.edit(Edit::Expel { person: at(GROUP) }).await;
    bench.erase(ANA).await;
    assert!(bench.is_limited(GROUP).await);
    assert_eq!(bench.store().watches_of_owner(&owner(GROUP)).await.unwrap(), 1);
    bench.sums();
}

#[tokio::test]
async fn a_mailbox_of_the_operators_that_somebody_else_confirms_brings_no_right() {
    for by_invitation in [true, false] {
        let bench = Bench::new();
        bench.operators(by_invitation, ANA).await;
        bench.confirmed(ANA, MAIL).await;
        bench.confirmed(BEN, MAIL).await;
        assert!(bench.is_limited(BEN).await && bench.is_limited(MAIL).await);
        // Nor does one that only hears of trouble.
        let ops = "email:ops@example.org";
        let to = vec![(at(ops), bodies::plain("the channel is paused"))];
        bench.store().notice(None, to, bench.now()).await.unwrap();
        bench.confirmed(BEN, ops).await;
        assert!(bench.is_limited(BEN).await && bench.is_limited(ops).await);
    }
}

#[tokio::test]
async fn what_the_operators_file_brings_to_a_mailbox_stays_the_operators() {
    let bench = Bench::new();
    bench.of_file(MAIL, VIDEO).await;
    bench.let_in(ANA).await;
    bench.confirmed(ANA, MAIL).await;
    bench.theirs_at(ANA, VIDEO).await;
    bench.theirs_at(MAIL, OTHER).await;
    assert_eq!(bench.store().watches_of_owner(&owner(ANA)).await.unwrap(), 1);
    assert!(bench.is_limited(ANA).await);
    // What she has made there ends with her; what the file brings rings on.
    bench.unlink(MAIL).await;
    assert_eq!(bench.runs(MAIL).await, 1);
    bench.confirmed(ANA, MAIL).await;
    bench.theirs_at(MAIL, OTHER).await;
    assert_eq!(bench.erase(ANA).await, Edited::Erased { watches: 2 });
    assert_eq!(bench.runs(MAIL).await, 1);
    bench.send_mails().await;
    bench.see(1).await;
    bench.see(2).await;
    assert_eq!(bench.send_mails().await, [MAIL]);
    bench.sums();
}
