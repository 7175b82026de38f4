import { Args, ArgsType, ID, Query, Resolver } from '@nestjs/graphql';
import type { Connection } from '../../platform/graphql/connection-types.ts';
import { connectionArgumentsOf, connectionOf } from '../../platform/graphql/connection-types.ts';
import { Connections } from '../../platform/graphql/connections.ts';
import { objectTypeOf } from '../../platform/graphql/schema-types.ts';
import { AcceptsApiKeys } from '../../platform/http/auth/access.decorators.ts';
import { PermissionChecker } from '../../platform/http/auth/permission-checker.ts';
import type { Principal } from '../../platform/http/auth/principal.ts';
import { CurrentPrincipal } from '../../platform/http/auth/principal.ts';
import { IdParamPipe } from '../../platform/http/validation/id-param.pipe.ts';
import { JobDto } from './job-response.ts';
import { JobTypeDto } from './job-types.dto.ts';
import { jobFilterOf, ListJobsQuery } from './jobs.dto.ts';
import type { ListedJob } from './jobs.service.ts';
import { JobsService } from './jobs.service.ts';

const Job = objectTypeOf(JobDto);
const JobConnection = connectionOf(JobDto);
const JobType = objectTypeOf(JobTypeDto);

@ArgsType()
class ListJobsArguments extends connectionArgumentsOf(ListJobsQuery) {}

@Resolver(() => Job)
export class JobsResolver {
  constructor(
    private readonly service: JobsService,
    private readonly permissions: PermissionChecker,
    private readonly connections: Connections,
  ) {}

  @Query(() => Job, { nullable: true, description: 'A job of the caller; with `jobs:read`, of any user.' })
  @AcceptsApiKeys()
  async job(
    @Args('id', { type: () => ID }, IdParamPipe) id: string,
    @CurrentPrincipal() caller: Principal,
  ): Promise<JobDto> {
    return JobDto.from(await this.service.get(id, caller));
  }

  @Query(() => JobConnection, {
    nullable: true,
    description: 'The jobs of the caller; with `jobs:read`, of all users.',
  })
  @AcceptsApiKeys()
  async jobs(@Args() page: ListJobsArguments, @CurrentPrincipal() caller: Principal): Promise<Connection<JobDto>> {
    const { filter, permissions } = jobFilterOf(page, caller);
    await this.permissions.assertPermissions(permissions, caller.permissions);
    const list = { field: 'jobs', caller, page, filter };
    return await this.connections.connect<ListedJob, JobDto>(list, {
      slice: async (request) => await this.service.list(filter, request),
      total: async () => await this.service.count(filter),
      toItem: JobDto.from,
    });
  }

  @Query(() => [JobType], {
    nullable: true,
    description: 'The types of job that the caller may create, sorted by name.',
  })
  @AcceptsApiKeys()
  jobTypes(@CurrentPrincipal() caller: Principal): JobTypeDto[] {
    return this.service.types(caller).map(JobTypeDto.from);
  }
}
