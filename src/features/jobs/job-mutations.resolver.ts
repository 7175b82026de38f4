import { UseGuards } from '@nestjs/common';
import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { KeyedArguments, ResourceArguments } from '../../platform/graphql/mutation-arguments.ts';
import type { MutationCall } from '../../platform/graphql/mutations.ts';
import { Mutates, Mutations } from '../../platform/graphql/mutations.ts';
import { inputTypeOf, objectTypeOf } from '../../platform/graphql/schema-types.ts';
import { AcceptsApiKeys } from '../../platform/http/auth/access.decorators.ts';
import { PermissionChecker } from '../../platform/http/auth/permission-checker.ts';
import { RecentAuthentication } from '../../platform/http/auth/recent-authentication.ts';
import type { Job as JobRow } from '../../platform/queue/job.ts';
import { JobDto } from './job-response.ts';
import { JobTypeGuard } from './job-type.guard.ts';
import { CreateJobDto } from './jobs.dto.ts';
import { JobsService } from './jobs.service.ts';

const Job = objectTypeOf(JobDto);
const CreateJobInput = inputTypeOf(CreateJobDto);

@Resolver()
export class JobMutationsResolver {
  constructor(
    private readonly jobs: JobsService,
    private readonly permissions: PermissionChecker,
    private readonly recentAuthentication: RecentAuthentication,
    private readonly mutations: Mutations,
  ) {}

  @Mutation(() => Job, {
    nullable: true,
    description: 'Stores a job durably. Each type requires its own permission, and some a recent authentication.',
  })
  @AcceptsApiKeys()
  @UseGuards(JobTypeGuard)
  async createJob(
    @Args() _: KeyedArguments,
    @Args('input', { type: () => CreateJobInput }) input: CreateJobDto,
    @Mutates() call: MutationCall,
  ): Promise<JobDto> {
    return await this.change(call, async () => await this.jobs.create(input, call.context.caller.userId));
  }

  @Mutation(() => Job, {
    nullable: true,
    description:
      'Cancels a waiting job at once; a running one is requested to stop. For its owner, and with `jobs:write`.',
  })
  @AcceptsApiKeys()
  async cancelJob(@Args() { id }: ResourceArguments, @Mutates() call: MutationCall): Promise<JobDto> {
    return await this.change(call, async () => await this.jobs.cancel(id, call.context.caller));
  }

  @Mutation(() => Job, {
    nullable: true,
    description:
      'Queues a dead or cancelled job again. For callers with `jobs:write`, and for its owner with what creating it ' +
      'requires.',
  })
  @AcceptsApiKeys()
  async retryJob(@Args() { id }: ResourceArguments, @Mutates() call: MutationCall): Promise<JobDto> {
    const { caller } = call.context;
    return await this.change(call, async () => {
      const { permissions, recentAuthentication } = await this.jobs.accessToRetry(id, caller);
      await this.permissions.assertPermissions(permissions, caller.permissions);
      if (recentAuthentication) this.recentAuthentication.assertRecent(caller);
      return await this.jobs.retry(id);
    });
  }

  private async change(call: MutationCall, run: () => Promise<JobRow>): Promise<JobDto> {
    const get = async (id: string): Promise<JobRow> => await this.jobs.get(id, call.context.caller);
    return JobDto.from(await this.mutations.execute(call, { run, idOf: ({ id }) => id, get }));
  }
}
