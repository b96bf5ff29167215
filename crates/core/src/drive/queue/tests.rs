use super::*;
use crate::drive::tests::arn;
use crate::run::Priority;

const NOW: Duration = Duration::from_secs(1);

fn targets(number: usize, priority: Priority) -> Effect {
    Effect::ReadTargets(number, arn(number), priority)
}

fn group(number: usize, priority: Priority) -> Effect {
    Effect::ReadGroup(number, arn(number), priority)
}

fn queue_of(effects: impl IntoIterator<Item = Effect>) -> Queue {
    let mut queue = Queue::default();
    effects.into_iter().for_each(|effect| queue.push(effect));
    queue
}

/// The indexes of the bindings whose effects begin.
fn begin(queue: &mut Queue, pacer: &Pacer, now: Duration) -> Vec<usize> {
    let index = |task: &Task| match task {
        Task::Perform(Effect::ReadTargets(index, ..) | Effect::Permit(index, _)) => *index,
        other => panic!("{other:?}"),
    };
    queue.begin(pacer, now).0.iter().map(index).collect()
}

/// A pacer with nothing left of the account's budget.
fn used_up() -> Pacer {
    let pacer = Pacer::default();
    while pacer.take(action::TARGETS, Class::Register, NOW).is_ok() {}
    pacer
}

#[test]
fn a_hundred_reads_go_out_as_the_budget_allows_in_the_order_of_their_arrival() {
    let (pacer, mut now) = (Pacer::default(), NOW);
    let mut queue = queue_of((0..100).map(|number| targets(number, Priority::Routine)));
    assert_eq!(begin(&mut queue, &pacer, now), (0..18).collect::<Vec<_>>());
    let mut order = Vec::new();
    while order.len() < 82 {
        let (tasks, ask_again) = queue.begin(&pacer, now);
        assert_eq!(tasks.len(), usize::from(now > NOW), "one at a time");
        order.extend(tasks);
        now += ask_again.unwrap_or_default();
    }
    assert_eq!(order.last(), Some(&Task::Perform(targets(99, Priority::Routine))));
    assert_eq!(now - NOW, Duration::from_millis(82 * 200));
    assert_eq!(queue.begin(&pacer, now).1, None, "nothing is left");
}

#[test]
fn what_is_urgent_goes_before_routine_reads_that_came_earlier_and_writes_before_both() {
    let (pacer, mut now) = (used_up(), NOW);
    let mut queue = queue_of([
        targets(0, Priority::Routine),
        targets(1, Priority::Routine),
        targets(2, Priority::Urgent),
        targets(3, Priority::Urgent),
        Effect::Permit(4, PermitFor::Deregister),
        Effect::Permit(5, PermitFor::Register),
    ]);
    let mut order = Vec::new();
    while order.len() < 6 {
        let ask_again = queue.begin(&pacer, now).1.expect("it waits");
        now += ask_again;
        order.extend(begin(&mut queue, &pacer, now));
    }
    assert_eq!(order, [5, 4, 2, 3, 0, 1]);
}

#[test]
fn what_needs_no_token_begins_at_once() {
    let mut queue = queue_of([targets(0, Priority::Urgent), Effect::ReadTags]);
    assert_eq!(queue.begin(&used_up(), NOW).0, [Task::Perform(Effect::ReadTags)]);
}

#[test]
fn the_descriptions_that_wait_go_out_together_twenty_a_call() {
    let priority = |number| if number % 2 == 0 { Priority::Routine } else { Priority::Urgent };
    let mut queue = queue_of((0..45).map(|number| group(number, priority(number))));
    let (tasks, ask_again) = queue.begin(&Pacer::default(), NOW);
    let batches: Vec<_> = tasks
        .iter()
        .map(|task| match task {
            Task::Describe(class, batch) => (*class, batch.len()),
            Task::Perform(other) => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(batches, [(Class::Urgent, 20), (Class::Urgent, 20), (Class::Routine, 5)]);
    assert_eq!(ask_again, None);
    let Task::Describe(_, first) = &tasks[0] else { panic!("it is a batch") };
    assert_eq!(first[0], (1, arn(1)), "what is urgent first");
}
