"""What the admin decides for the whole site."""

from django.db import models
from django.db.models import Q


class SitePolicy(models.Model):
    """Rules for everybody. There is at most one row; without it everything is as by default."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    forbid_unpriced = models.BooleanField(
        "forbid models without a price",
        default=False,
        help_text="Nobody can ask a model whose cost is unknown: it is in no list, and no title comes from it.",
    )

    class Meta:
        verbose_name = verbose_name_plural = "site policy"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="site_policy_is_one")]

    def __str__(self) -> str:
        return "Site policy"

    @classmethod
    def forbids_unpriced(cls) -> bool:
        """Whether models without a price are forbidden."""
        return cls.objects.filter(forbid_unpriced=True).exists()
