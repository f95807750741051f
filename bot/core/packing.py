"""What goes out with pictures: how each was made, what is left, what else can be had."""

from collections.abc import Sequence

from bot.domain.catalogue import Catalogue
from bot.domain.jobs import Job, Picture
from bot.domain.ledger import Plan
from bot.ports.chat import Made, Offers, Parcel

_MORE = (2, 4)


class Packing:
    """`catalogue` knows all routes on which jobs may have been made."""

    def __init__(self, catalogue: Catalogue, plan: Plan) -> None:
        self._catalogue = catalogue
        self._plan = plan

    def parcel(self, job: Job, pictures: Sequence[Picture], left_today: int | None) -> Parcel:
        """These pictures of a job, ready to go."""
        return Parcel(
            job=job,
            pictures=tuple(pictures),
            made={picture.id: self._made(job, picture) for picture in pictures},
            planned=self._name_of(job.calls[0].route),
            left_today=left_today,
            offers=self.offers(job),
        )

    def offers(self, job: Job) -> Offers:
        """What the job's model, and the plan, have room for."""
        route = self._catalogue.route(job.calls[0].route) if job.calls else None
        more = tuple(count for count in _MORE if count <= self._plan.pictures_per_job)
        return Offers(seed=route is not None and route.seed, more=more)

    def _made(self, job: Job, picture: Picture) -> Made:
        call = next(call for call in job.calls if call.id == picture.call_id)
        return Made(self._name_of(call.route), call.size)

    def _name_of(self, key: str) -> str:
        route = self._catalogue.route(key)
        return route.name if route else key
