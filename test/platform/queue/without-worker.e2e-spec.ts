// No worker runs jobs.
import './transport.cases.ts';
import './worker-start.cases.ts';
import '../../jobs/job-progress.cases.ts';
