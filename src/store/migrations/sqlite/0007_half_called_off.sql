-- Campaigns that were called off and whose sender died before it could settle
-- them. Every send looks for one. Without the index that would read past every
-- manifest.
CREATE INDEX campaigns_half_called_off ON campaigns (cancelled_at)
    WHERE cancelled_at IS NOT NULL AND finished_at IS NULL;
