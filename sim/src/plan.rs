//! What is planned to go wrong: each server has faults and scopes of its own, and all are met in the same way.

/// Planned faults, first come, first met. `S` says which requests a fault meets.
#[derive(Debug, Clone)]
pub(crate) struct Plan<S, F>(Vec<Planned<S, F>>);

#[derive(Debug, Clone)]
struct Planned<S, F> {
    scope: S,
    fault: F,
    /// How many requests it still meets; `None`: all.
    left: Option<u32>,
}

impl<S, F> Default for Plan<S, F> {
    fn default() -> Self {
        Plan(Vec::new())
    }
}

impl<S, F: Copy> Plan<S, F> {
    pub(crate) fn add(&mut self, scope: S, fault: F, times: Option<u32>) {
        self.0.push(Planned { scope, fault, left: times });
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault of the request that these scopes meet; counts it as met.
    pub(crate) fn draw(&mut self, meets: impl Fn(&S) -> bool) -> Option<F> {
        self.0.retain(|planned| planned.left != Some(0));
        let planned = self.0.iter_mut().find(|planned| meets(&planned.scope))?;
        if let Some(left) = &mut planned.left {
            *left -= 1;
        }
        Some(planned.fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_met_in_their_order_and_as_often_as_planned() {
        let mut plan = Plan::default();
        plan.add(Some("send"), "hang", Some(1));
        plan.add(None, "never", Some(0));
        plan.add(None, "502", Some(2));
        plan.add(None, "truncated", None);
        let mut draw = |asked: &str| plan.draw(|scope| scope.is_none_or(|wanted| wanted == asked));
        assert_eq!(draw("read"), Some("502"));
        let drawn: Vec<_> = (0..4).map(|_| draw("send").unwrap()).collect();
        assert_eq!(drawn, ["hang", "502", "truncated", "truncated"]);
        plan.clear();
        assert_eq!(plan.draw(|_| true), None);
    }
}
