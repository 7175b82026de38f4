import type { DynamicModule } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import { ConfigModule as NestConfigModule, registerAs } from '@nestjs/config';
import type { Config } from './config.ts';
import { Links } from './links.ts';

/** The injection token of one section of the configuration. */
export const configToken = (section: keyof Config): string | symbol => registerAs(section, () => ({})).KEY;

/** The injection token of the whole configuration. */
export const wholeConfig = Symbol('configuration');

/** Provides the sections of the configuration by `configToken`, all of it by `wholeConfig`, and Links. */
@Global()
@Module({})
export class ConfigModule {
  static forRoot(config: Config): DynamicModule {
    const sections = Object.keys(config) as (keyof Config)[];
    return {
      module: ConfigModule,
      providers: [
        { provide: wholeConfig, useValue: config },
        { provide: Links, useValue: new Links(config.service.publicUrl) },
      ],
      exports: [wholeConfig, Links],
      imports: [
        NestConfigModule.forRoot({
          isGlobal: true,
          ignoreEnvFile: true,
          ignoreEnvVars: true,
          skipProcessEnv: true,
          load: sections.map((section) => registerAs(section, () => config[section])),
        }),
      ],
    };
  }
}
