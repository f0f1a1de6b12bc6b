"""The synthesised stack of a local deployment, and what its services are built from."""

from contextlib import ExitStack
from dataclasses import dataclass

from infra.settings import Settings
from local.addresses import Addresses
from local.aws.authority import Authority
from local.evaluator import Evaluator
from local.options import LocalOptions
from local.resolved_template import ResolvedTemplate
from local.sample import Sample
from local.settings import local_settings
from local.template import synthesise


@dataclass(frozen=True)
class LocalStack:
    """What is decided before any service starts."""

    sample: Sample
    options: LocalOptions
    settings: Settings
    template: ResolvedTemplate
    addresses: Addresses
    evaluator: Evaluator
    authority: Authority

    @classmethod
    def create(cls, sample: Sample, options: LocalOptions, *, port: int, started: ExitStack) -> "LocalStack":
        """Synthesise the stack, and start the policy evaluator. `started` closes the evaluator.

        Raises `EvaluatorError`, `SettingsError`, `SynthesisError` or `UnknownReferenceError`.
        """
        settings = local_settings(options)
        synthesised = synthesise(settings)
        if options.change_template:
            options.change_template(synthesised)
        template = ResolvedTemplate(synthesised)
        evaluator = started.enter_context(Evaluator())
        return cls(
            sample=sample,
            options=options,
            settings=settings,
            template=template,
            addresses=Addresses(port, f"/{template.stage}" if options.stage_in_path else ""),
            evaluator=evaluator,
            authority=Authority(template, evaluator, options.clock),
        )
