// Jest cannot let a CommonJS library (nestjs-cls) require an ES module that is being linked: Nest is evaluated first.
import '@nestjs/common';
import '@nestjs/core';
import 'reflect-metadata';
