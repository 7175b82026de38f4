// Example jobs and short intervals of the queue (jobsApp).
import './jobs-api.cases.ts';
import './jobs-list.cases.ts';
import './job-changes.cases.ts';
import './job-artifacts.cases.ts';
import './account-export.cases.ts';
import './job-events.cases.ts';
import './job-events-end.cases.ts';
