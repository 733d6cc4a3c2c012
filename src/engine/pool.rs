//! A fixed pool of workers fed through crossbeam channels.
//!
//! Contract: [`Batch::wait`] returns when every job of the batch has ended, results in job order. A
//! panic inside a job is caught on its worker and comes back as an error that carries the message,
//! so a batch never hangs and the caller decides what is kept.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use crossbeam::channel::{Receiver, Sender, unbounded};
use crossbeam::sync::WaitGroup;

/// A job panicked; the message it panicked with.
#[derive(Debug, thiserror::Error)]
#[error(
    "a worker stopped: {message} (this is a bug: please report it with the input that caused it)"
)]
pub struct WorkerPanicked {
    message: String,
}

/// Workers that run jobs of one type.
#[derive(Debug)]
pub(crate) struct Pool<Job, Done> {
    jobs: Sender<(usize, Job, WaitGroup)>,
    results: Receiver<(usize, thread::Result<Done>)>,
}

impl<Job: Send, Done: Send> Pool<Job, Done> {
    /// Starts `workers` threads, each with its own `local` state, runs `body` with the pool, and
    /// joins the threads.
    pub(crate) fn scope<Local, T>(
        workers: usize,
        local: impl Fn() -> Local + Sync,
        work: impl Fn(&mut Local, Job) -> Done + Sync,
        body: impl FnOnce(&Self) -> T,
    ) -> T {
        // Unbounded, because only one batch is in flight at a time.
        let (jobs, job_queue) = unbounded::<(usize, Job, WaitGroup)>();
        let (result_queue, results) = unbounded();
        thread::scope(|scope| {
            for _ in 0..workers.max(1) {
                let (job_queue, result_queue) = (job_queue.clone(), result_queue.clone());
                let (local, work) = (&local, &work);
                scope.spawn(move || {
                    let mut local = local();
                    for (index, job, batch) in job_queue {
                        let done = catch_unwind(AssertUnwindSafe(|| work(&mut local, job)));
                        if result_queue.send((index, done)).is_err() {
                            break;
                        }
                        drop(batch);
                    }
                });
            }
            drop((job_queue, result_queue));
            // The pool, and with it the job channel, is dropped before the scope joins.
            body(&Self { jobs, results })
        })
    }

    /// Hands `jobs` to the workers; the caller may do something else before it waits for them.
    pub(crate) fn start(&self, jobs: Vec<Job>) -> Batch<'_, Done> {
        let (count, running) = (jobs.len(), WaitGroup::new());
        for (index, job) in jobs.into_iter().enumerate() {
            let job = (index, job, running.clone());
            self.jobs.send(job).expect("workers live until the pool is dropped");
        }
        Batch { count, running, results: &self.results }
    }
}

/// Jobs under way. One batch at a time: a second one would mix its results with the first.
#[derive(Debug)]
pub(crate) struct Batch<'a, Done> {
    count: usize,
    running: WaitGroup,
    results: &'a Receiver<(usize, thread::Result<Done>)>,
}

impl<Done> Batch<'_, Done> {
    /// Waits until every job has ended; woken once, not for each result.
    ///
    /// # Errors
    /// [`WorkerPanicked`] if a job panicked; the others have still run to their end.
    pub(crate) fn wait(self) -> Result<Vec<Done>, WorkerPanicked> {
        self.running.wait();
        let mut done: Vec<Option<Done>> = Vec::new();
        done.resize_with(self.count, || None);
        let mut panicked = None;
        for (index, result) in self.results.try_iter().take(self.count) {
            match result {
                Ok(value) => done[index] = Some(value),
                Err(payload) => panicked = Some(WorkerPanicked { message: message(&*payload) }),
            }
        }
        match panicked {
            None => Ok(done.into_iter().flatten().collect()),
            Some(error) => Err(error),
        }
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_back_in_job_order_for_any_number_of_workers() {
        for workers in [1, 2, 7] {
            let squares = Pool::scope(
                workers,
                || (),
                |(), n: u64| n * n,
                |pool| pool.start((0..100).collect()).wait(),
            );
            assert_eq!(squares.unwrap(), (0..100).map(|n| n * n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_panicking_job_ends_the_batch_with_its_message_and_the_pool_stays_usable() {
        let work = |(): &mut (), n: u32| if n == 3 { panic!("job {n} is unlucky") } else { n };
        Pool::scope(
            2,
            || (),
            work,
            |pool| {
                let error = pool.start((0..10).collect()).wait().unwrap_err();
                assert!(error.to_string().contains("job 3 is unlucky"), "{error}");
                assert_eq!(pool.start(vec![1, 2]).wait().unwrap(), [1, 2]);
            },
        );
    }
}
