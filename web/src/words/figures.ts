// What stands around figures and charts, in both languages.

const ar = {
  market: 'تحليلات السوق', mine: 'أرقامي', of: 'أرقام {name}', from: 'من', to: 'إلى', last7: '7 أيام', last30: '30 يومًا', last90: '90 يومًا', ever: 'كل المدة', city: 'المدينة', brand: 'الماركة', part: 'القطعة', csv: 'نزّل CSV', filters: 'التصفية',
  asOf: 'حُسبت حتى {time}', notYet: 'لم تُحسب الأرقام بعد', notYetMore: 'تُحسب خلال دقائق من أول طلب.', nothing: 'لا أرقام لهذه المدة', nothingMore: 'اختر مدة أطول أو خفّف التصفية.', asTable: 'اعرضها جدولًا', day: 'اليوم', month: 'الشهر',
  requests: 'الطلبات', open: 'مفتوحة الآن', bids: 'العروض', completed: 'أوامر شراء مكتملة', orders: 'أوامر الشراء', revenue: 'قيمة أوامر الشراء المكتملة', averageBid: 'متوسط العرض', conversion: 'طلبات صارت شراء', answered: 'طلبات وصلها عرض', contested: 'طلبات وصلتها ثلاثة عروض', cancellation: 'أوامر شراء أُلغيت', response: 'متوسط أول عرض', medianResponse: 'نصفها خلال', longer: 'أكثر من يوم',
  merchantStars: 'رضا التجار', customerStars: 'رضا العملاء', ofFive: '{n} من 5', perDay: 'في اليوم', revenuePerDay: 'قيمة أوامر الشراء المكتملة في اليوم', byStatus: 'الطلبات بحالتها', popular: 'أكثر القطع طلبًا', firstBid: 'وصلها أول عرض خلال', within: 'خلال {time}', shareOf: '{n} ({share})',
  prices: 'كم تباع القطعة؟', pricesMore: 'سعر الحبة شاملًا الضريبة بلا توصيل، من مشتريات السوق.', showPrices: 'اعرض الأسعار', band: 'نصف المشتريات بين {low} و{high}', middle: 'الوسط {amount}', noBand: 'المشتريات أقل من أن تُعرض', noBandMore: 'نعرض الأسعار إذا كانت خمسة أوامر شراء على الأقل من ثلاثة تجار.', 
  won: 'فزت بها', wonOf: 'الفوز', winRate: 'نسبة الفوز', competing: 'متوسط المنافسين', gap: 'فوق سعر الفائز', gapMore: 'متوسط ما زاد به عرضك على العرض المختار حين لم تفز', responseOwn: 'متوسط وقت تقديم العرض', ranks: 'مراكزك', first: 'الأول', second: 'الثاني', third: 'الثالث', behind: 'بعد الثالث', unranked: 'خارج الترتيب', bidsPerMonth: 'عروضك وفوزك كل شهر', ratePerMonth: 'نسبة الفوز كل شهر', responsePerMonth: 'وقت تقديم العرض كل شهر', gapPerMonth: 'فوق سعر الفائز كل شهر',
  noMerchant: 'لا مزادات منتهية بعد', noMerchantMore: 'تظهر أرقامك هنا بعد أول مزاد تشارك فيه وينتهي.', noCustomer: 'لا طلبات بعد', noCustomerMore: 'تظهر أرقامك هنا بعد أول طلب.',
  published: 'منشورة', averageBids: 'عروض لكل طلب', spent: 'ما اشتريت به', savedMedian: 'وفّرت عن العرض الأوسط', savedFirst: 'وفّرت عن أول عرض', choice: 'متوسط وقت الاختيار', spentPerMonth: 'ما اشتريت به كل شهر', savedPerMonth: 'ما وفّرته كل شهر', requestsPerMonth: 'طلباتك وعروضها كل شهر',
};

export type FigureKey = keyof typeof ar;

const en: Record<FigureKey, string> = {
  market: 'Analytics of the market', mine: 'My figures', of: 'Figures of {name}', from: 'From', to: 'To', last7: '7 days', last30: '30 days', last90: '90 days', ever: 'Ever', city: 'City', brand: 'Brand', part: 'Part', csv: 'Download CSV', filters: 'Filters',
  asOf: 'Counted until {time}', notYet: 'Nothing was counted yet', notYetMore: 'It is counted within minutes of the first request.', nothing: 'No figures for this time', nothingMore: 'Choose a longer time or filter less.', asTable: 'Show as a table', day: 'Day', month: 'Month',
  requests: 'Requests', open: 'Open now', bids: 'Bids', completed: 'Completed orders', orders: 'Orders', revenue: 'Value of completed orders', averageBid: 'Mean bid', conversion: 'Became an order', answered: 'Got a bid', contested: 'Got three bids', cancellation: 'Orders cancelled', response: 'Mean time to the first bid', medianResponse: 'Half of them within', longer: 'more than a day',
  merchantStars: 'Stars from merchants', customerStars: 'Stars from customers', ofFive: '{n} of 5', perDay: 'Each day', revenuePerDay: 'Value of completed orders each day', byStatus: 'Requests by state', popular: 'Parts asked for most', firstBid: 'First bid within', within: '{time}', shareOf: '{n} ({share})',
  prices: 'What is a part sold for?', pricesMore: 'One piece, VAT included, without delivery, from deals of the market.', showPrices: 'Show the prices', band: 'Half of the deals lie between {low} and {high}', middle: 'The middle is {amount}', noBand: 'Too few deals to show', noBandMore: 'Prices are shown from five deals of three merchants on.', 
  won: 'Won', wonOf: 'Won', winRate: 'Win rate', competing: 'Mean number of competing bids', gap: 'Above the winner', gapMore: 'How far your bid lay above the chosen one in the mean, where you did not win', responseOwn: 'Mean time to bid', ranks: 'Your ranks', first: 'First', second: 'Second', third: 'Third', behind: 'Behind the third', unranked: 'Not ranked', bidsPerMonth: 'Your bids and wins each month', ratePerMonth: 'Win rate each month', responsePerMonth: 'Time to bid each month', gapPerMonth: 'Above the winner each month',
  noMerchant: 'No auction has ended yet', noMerchantMore: 'Your figures appear here after the first auction that you bid in has ended.', noCustomer: 'No request yet', noCustomerMore: 'Your figures appear here after the first request.',
  published: 'Published', averageBids: 'Bids for each request', spent: 'Spent', savedMedian: 'Saved against the middle bid', savedFirst: 'Saved against the first bid', choice: 'Mean time to choose', spentPerMonth: 'Spent each month', savedPerMonth: 'Saved each month', requestsPerMonth: 'Your requests and their bids each month',
};

export const FIGURES = { ar, en };
